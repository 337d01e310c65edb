// What is measured, phase by phase. Every phase has a deployment of its own, on the servers all of them share.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestDeployment } from '#libs/testing';
import { type Contestant, CONTESTANTS, SERVICE } from './contestants';
import {
  applied,
  type Drain,
  drainCreations,
  type Fairness,
  fairnessOf,
  readable,
  settled,
  timeUntil,
} from './drain';
import { creation, life as lives, lifeActivities, mixed, publishAll, WORKFORCE } from './events';
import { commitMs, hopMs, withProbe } from './latency';
import { type Result } from './result';
import { spreadOf } from './statistics';
import { timers } from './timers';
import { api } from './api';

/** What a run of the bench is told. */
export interface BenchOptions {
  /** Phases; all when empty. */
  only: string[];
  /** Rounds that count. */
  runs: number;
  /** Events a round; the peer gets a share of them. */
  events: number;
  /** Events to drain for the memory. */
  memoryEvents: number;
  /** How long the half load lasts. */
  seconds: number;
  /** Tasks to list. */
  tasks: number;
  json?: string;
}

/** Long work shows progress: on standard error, so that results can be piped. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** A deployment of its own, closed whatever happens. */
export async function withDeployment<T>(work: (deployment: TestDeployment) => Promise<T>): Promise<T> {
  const deployment = await TestDeployment.create();
  try {
    return await work(deployment);
  } finally {
    await deployment.close();
  }
}

async function stopped<T>(program: ReturnType<Contestant['start']>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    program.signal('SIGTERM');
    await program.exited;
  }
}

/** Each round all contestants, and each round another one first; the first round only warms the servers. */
async function throughput({ runs, events }: BenchOptions): Promise<Required<Result>['throughput']> {
  const drains = new Map<string, Drain[]>(CONTESTANTS.map(({ name }) => [name, []]));
  const fairness = new Map<string, Fairness>();
  for (let round = 0; round <= runs; round += 1) {
    for (let i = 0; i < CONTESTANTS.length; i += 1) {
      const contestant = CONTESTANTS[(round + i) % CONTESTANTS.length]!;
      const share = Math.max(600, Math.round(events * contestant.share));
      await withDeployment(async (deployment) => {
        const drain = await drainCreations(contestant, deployment, share);
        say(
          `${round === 0 ? 'warm-up' : `round ${round} of ${runs}`}: ${contestant.name} ${Math.round(drain.rate)}/s, ${Math.round(drain.cpuUs)} µs`,
        );
        if (round === 0) return;
        drains.get(contestant.name)!.push(drain);
        if (round === runs) fairness.set(contestant.name, await fairnessOf(deployment, share));
      });
    }
  }
  return Object.fromEntries(
    CONTESTANTS.map(({ name }) => {
      const own = drains.get(name)!;
      const [rate, cpuUs] = [spreadOf(own.map((d) => d.rate)), spreadOf(own.map((d) => d.cpuUs))];
      return [name, { rate, cpuUs, fairness: fairness.get(name)! }];
    }),
  );
}

async function mix({ runs, events }: BenchOptions) {
  const rates: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    await withDeployment(async (deployment) => {
      await deployment.mustCli(['flows', 'apply', 'test/fixtures/sample/flows.json']);
      await publishAll((records) => deployment.publish(records), events, mixed);
      await settled(deployment);
      const program = SERVICE.start(deployment);
      const drain = await stopped(program, () => timeUntil(program, events, applied(deployment)));
      say(`mix ${run + 1} of ${runs}: ${Math.round(drain.rate)}/s, ${Math.round(drain.cpuUs)} µs`);
      rates.push(drain.rate);
    });
  }
  return spreadOf(rates);
}

async function duplicates({ runs, events }: BenchOptions) {
  return withDeployment(async (deployment) => {
    const rates: number[] = [];
    await drainCreations(SERVICE, deployment, events);
    for (let run = 1; run <= runs; run += 1) {
      await publishAll((records) => deployment.publish(records), events, creation);
      await settled(deployment);
      const program = SERVICE.start(deployment);
      const progress = async (): Promise<number> => (await applied(deployment)()) - run * events;
      const drain = await stopped(program, () => timeUntil(program, events, progress));
      say(`duplicates ${run} of ${runs}: ${Math.round(drain.rate)}/s, ${Math.round(drain.cpuUs)} µs`);
      rates.push(drain.rate);
    }
    return spreadOf(rates);
  });
}

/** A backlog of whole lives beside one of creations, in turn; the first round only warms the servers. */
async function life({ runs, events }: BenchOptions): Promise<Required<Result>['life']> {
  const drains: Record<'creations' | 'life', Drain[]> = { creations: [], life: [] };
  for (let round = 0; round <= runs; round += 1) {
    const creations = await withDeployment((own) => drainCreations(SERVICE, own, events));
    const whole = await withDeployment((own) => drainLives(own, events));
    say(
      `life ${round} of ${runs}: creations ${Math.round(creations.rate)}/s, ${Math.round(creations.cpuUs)} µs; ` +
        `life ${Math.round(whole.rate)}/s, ${Math.round(whole.cpuUs)} µs`,
    );
    if (round === 0) continue;
    drains.creations.push(creations);
    drains.life.push(whole);
  }
  const spreads = (own: Drain[]) => ({
    rate: spreadOf(own.map((d) => d.rate)),
    cpuUs: spreadOf(own.map((d) => d.cpuUs)),
  });
  return { creations: spreads(drains.creations), life: spreads(drains.life) };
}

/** Counted in events, by the activities that can be read of them. */
async function drainLives(deployment: TestDeployment, events: number): Promise<Drain> {
  const activities = lifeActivities(events);
  await deployment.publish(WORKFORCE);
  await publishAll((records) => deployment.publish(records), events, lives);
  await settled(deployment);
  const program = SERVICE.start(deployment);
  const progress = async (): Promise<number> => ((await readable(deployment)()) * events) / activities;
  const drain = await stopped(program, () => timeUntil(program, events, progress));
  const rejected = (await deployment.endOffsets('task-rejections')).reduce((sum, end) => sum + end, 0);
  if (rejected > 0) throw new Error(`${rejected} commands were rejected, and so cost less than they should`);
  return drain;
}

async function latency({ seconds, events }: BenchOptions, creations: number | undefined) {
  const rate = creations ?? (await withDeployment((own) => drainCreations(SERVICE, own, events))).rate;
  return withDeployment(async (deployment) => {
    const [commit, hop] = [await commitMs(deployment), await hopMs(deployment)];
    const program = SERVICE.start(deployment);
    return stopped(program, () =>
      withProbe(deployment, async (probe) => {
        const idle = await probe.idle();
        const half = Math.round(rate / 2);
        // Once uncounted: with small requests the broker compiles other code than a drain made it compile, on a core of its own.
        await probe.underLoad(half, seconds);
        const halfLoad = { rate: half, ...(await probe.underLoad(half, seconds)) };
        say(
          `latency: commit ${commit.toFixed(2)} ms, hop ${hop.toFixed(2)} ms, idle p50 ${idle.p50.toFixed(1)} ms, half load p99 ${halfLoad.p99.toFixed(1)} ms`,
        );
        return { commitMs: commit, hopMs: hop, idle, halfLoad };
      }),
    );
  });
}

async function memory({ memoryEvents }: BenchOptions) {
  return withDeployment(async (deployment) => {
    say(`memory: publishing ${memoryEvents} events`);
    const { peakMiB, rate } = await drainCreations(SERVICE, deployment, memoryEvents);
    say(`memory: ${Math.round(peakMiB)} MiB`);
    return { events: memoryEvents, peakMiB, rate };
  });
}

async function counts({ events }: BenchOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'conversation-tasks-counts-'));
  try {
    return await withDeployment(async (deployment) => {
      await publishAll((records) => deployment.publish(records), events, creation);
      const file = join(folder, 'counts.json');
      const counter = join(__dirname, '..', 'test', 'support', 'count-requests.cjs');
      await deployment.startWorker({ env: { COUNTS_FILE: file }, preload: [counter] });
      await deployment.drained();
      await deployment.stopWorkers();
      const all = JSON.parse(readFileSync(file, 'utf8')) as Required<Result>['counts'];
      return { statements: all.statements / events, produceRequests: all.produceRequests / events };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Measures one thing more, beside what was found out before. */
type Phase = (options: BenchOptions, before: Result) => Promise<Partial<Result>>;

/** In this order: the half load is half of what the throughput was. */
export const PHASES: Record<string, Phase> = {
  throughput: async (options) => ({ throughput: await throughput(options) }),
  mix: async (options) => ({ mix: await mix(options) }),
  duplicates: async (options) => ({ duplicates: await duplicates(options) }),
  life: async (options) => ({ life: await life(options) }),
  latency: async (options, before) => ({
    latency: await latency(options, before.throughput?.service?.rate.median),
  }),
  counts: async (options) => ({ counts: await counts(options) }),
  memory: async (options) => ({ memory: await memory(options) }),
  timers: async ({ runs, seconds }) => ({
    timers: await withDeployment((own) => timers(own, { rounds: runs, seconds, say })),
  }),
  api: async ({ tasks, seconds, events }, before) => {
    const creations =
      before.throughput?.service?.rate.median ??
      (await withDeployment((own) => drainCreations(SERVICE, own, events))).rate;
    return { api: await withDeployment((own) => api(own, { tasks, seconds, creations, say })) };
  },
};
