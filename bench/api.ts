import { type TestDeployment } from '#libs/testing';
import { conversations, people } from './api.people';
import { Lists, LISTS, sender, type Timed, Writes, WRITES } from './api.requests';
import { fillTasks } from './api.tasks';
import { settled } from './drain';
import { type Latency, latencyOf, withProbe } from './latency';
import { percentile } from './statistics';

/** What requests take, beside a stream of creations, with many tasks there. Milliseconds from when each was to be sent. */
export interface Api {
  tasks: number;
  /** Lists a second, and by kind how long they took; `quiet`: all of them without a stream. */
  lists: { rate: number; stream: number; quiet: Answered; all: Answered; kinds: Record<string, Answered> };
  /** Commands a second. */
  writes: { rate: number; stream: number; quiet: Answered; all: Answered; kinds: Record<string, Answered> };
}

export interface Answered extends Latency {
  count: number;
  p95: number;
  max: number;
}

export interface ApiOptions {
  tasks: number;
  seconds: number;
  /** Creations a second that the worker can do. */
  creations: number;
  say(line: string): void;
}

/** Beside lists, as beside timers. */
const STREAM = 250;

export async function api(deployment: TestDeployment, options: ApiOptions): Promise<Api> {
  const { tasks, seconds, creations, say } = options;
  const half = Math.round(creations / 2);
  await fillTasks(deployment.database.owner, tasks, say);
  await settled(deployment);
  await deployment.publish(people());
  await deployment.publish(conversations());
  // It is stopped with the deployment.
  await deployment.startWorker({ env: { LOG_LEVEL: 'warn' } });
  await deployment.drained();
  const send = await sender(deployment);
  return await withProbe(deployment, async (probe) => {
    /** Requests beside so many creations a second. */
    const beside = async (stream: number, work: () => Promise<Timed[]>): Promise<Timed[]> => {
      if (stream === 0) return work();
      const load = probe.prepared(stream, seconds);
      const [timed] = await Promise.all([work(), load()]);
      return timed;
    };
    const lists = new Lists(tasks, send);
    const writes = new Writes(send);
    const figures: Record<string, Timed[]> = {};
    // Servers and clients compile what they run often: what they take before that is of no use to anybody.
    say(`api: warming up for ${seconds} s`);
    await beside(STREAM, () => lists.during(seconds));
    for (const [name, stream, work] of [
      ['quiet lists', 0, () => lists.during(seconds)],
      ['lists', STREAM, () => lists.during(seconds)],
      ['quiet writes', 0, () => writes.during(seconds)],
      ['writes', half, () => writes.during(seconds)],
    ] as [string, number, () => Promise<Timed[]>][]) {
      const timed = await beside(stream, work);
      figures[name] = timed;
      const { count, p50, p95, p99, max } = answeredOf(timed);
      say(
        `api: ${name} beside ${stream}/s: ${count}, p50 ${p50.toFixed(1)}, p95 ${p95.toFixed(1)}, p99 ${p99.toFixed(1)}, most ${max.toFixed(1)} ms`,
      );
    }
    const part = (name: string, rate: number, stream: number) => ({
      ...{ rate, stream },
      quiet: answeredOf(figures[`quiet ${name}`]!),
      all: answeredOf(figures[name]!),
      kinds: byKind(figures[name]!),
    });
    return { tasks, lists: part('lists', LISTS, STREAM), writes: part('writes', WRITES, half) };
  });
}

function answeredOf(timed: readonly Timed[]): Answered {
  const all = timed.map(({ ms }) => ms);
  const latency = latencyOf(all.map((ms) => ({ sentAt: 0, ms })));
  return { count: all.length, ...latency, p95: percentile(all, 95), max: percentile(all, 100) };
}

function byKind(timed: readonly Timed[]): Record<string, Answered> {
  const kinds = [...new Set(timed.map(({ kind }) => kind))].sort();
  return Object.fromEntries(
    kinds.map((kind) => [kind, answeredOf(timed.filter((one) => one.kind === kind))]),
  );
}
