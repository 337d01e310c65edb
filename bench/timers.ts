import { setTimeout as pause } from 'node:timers/promises';
import { type DataSource } from 'typeorm';
import { TIMERS_SOURCE } from '#libs/domain';
import { type OutgoingRecord } from '#libs/messaging';
import { PostgresTimerSource } from '#libs/persistence';
import { insertOpenTasks, makeDue, type TestDeployment } from '#libs/testing';
import { SERVICE } from './contestants';
import { settled } from './drain';
import { creation } from './events';
import { type Latency, latencyOf, type Probe, type Sample, withProbe } from './latency';
import { percentile, type Spread, spreadOf } from './statistics';

/** What it costs the stream that many tasks come due at once. */
export interface Timers {
  openTasks: number;
  /** How many come due at the same instant. */
  due: number;
  /** Events a second beside it. */
  rate: number;
  quiet: Spreads;
  /** Of the events sent between the instant and the last task's being flagged. */
  during: Spreads;
  /** The p99 of `during`, times that of the quiet half a minute before. */
  ratio: Spread;
  /** Seconds from the instant until the last of them can be read in the topic. */
  flaggedAfter: Spread;
  /** A look when nothing is due. */
  look: { ms: number; pages: number };
}

type Spreads = Record<keyof Latency, Spread>;

interface Round {
  quiet: Latency;
  during: Latency;
  flaggedAfter: number;
}

const OPEN_TASKS = 1_000_000;
const CHUNK = 50_000;
const DUE = 10_000;
/** Each round the tasks of another remainder come due: from all over the table and of all shards. Prime to their number. */
const STRIDE = 97;
const RATE = 250;
const DAY_MS = 86_400_000;
/** The stream runs again for so long before they are due. */
const LEAD_MS = 5_000;
/** To give up: three times as long as promised. */
const LONGEST_MS = 180_000;
const LOOKS = 200;

export interface TimersOptions {
  rounds: number;
  /** How long it is quiet, each round. */
  seconds: number;
  say(line: string): void;
}

/** Each round the stream alone, then with tasks coming due, all at one instant of the wall clock. */
export async function timers(deployment: TestDeployment, options: TimersOptions): Promise<Timers> {
  const { rounds, seconds, say } = options;
  await fill(deployment, say);
  const look = await lookWhenNothingIsDue(deployment);
  say(`timers: a look when nothing is due takes ${look.ms.toFixed(2)} ms and ${look.pages} pages`);
  const { TIMER_CLOCK_FILE: _, ...env } = deployment.env;
  const program = SERVICE.start({ env, database: deployment.database });
  try {
    const flagged = new Flagged();
    const measured = await withProbe(
      deployment,
      async (probe) => {
        await probe.underLoad(RATE, seconds);
        const all: Round[] = [];
        for (let round = 1; round <= rounds; round += 1) {
          const own = await measure(deployment, probe, flagged, round, seconds);
          const { quiet, during, flaggedAfter } = own;
          say(
            `timers ${round} of ${rounds}: flagged after ${flaggedAfter.toFixed(1)} s, p99 ${quiet.p99.toFixed(1)} ms before and ${during.p99.toFixed(1)} ms meanwhile`,
          );
          all.push(own);
        }
        return all;
      },
      { make: madeNow, heard: (cause, now) => flagged.heard(cause, now) },
    );
    const spreads = (of: 'quiet' | 'during'): Spreads => ({
      p50: spreadOf(measured.map((round) => round[of].p50)),
      p99: spreadOf(measured.map((round) => round[of].p99)),
    });
    return {
      openTasks: OPEN_TASKS,
      due: DUE,
      rate: RATE,
      quiet: spreads('quiet'),
      during: spreads('during'),
      ratio: spreadOf(measured.map(({ quiet, during }) => during.p99 / quiet.p99)),
      flaggedAfter: spreadOf(measured.map(({ flaggedAfter }) => flaggedAfter)),
      look,
    };
  } finally {
    program.signal('SIGTERM');
    await program.exited;
  }
}

async function fill(deployment: TestDeployment, say: (line: string) => void): Promise<void> {
  const { owner } = deployment.database;
  const dueFrom = new Date(Date.now() + 30 * DAY_MS).toISOString();
  for (let first = 0; first < OPEN_TASKS; first += CHUNK) {
    await insertOpenTasks(owner, { first, count: CHUNK, dueFrom });
    if ((first / CHUNK) % 5 === 4) say(`timers: ${first + CHUNK} open tasks`);
  }
  await owner.query('vacuum analyze task');
  await settled(deployment);
}

/** A creation as of now: whose own timers are hours away. */
function madeNow(i: number): OutgoingRecord {
  const record = creation(i);
  return { ...record, headers: { ...record.headers, ce_time: new Date().toISOString() } };
}

async function measure(
  deployment: TestDeployment,
  probe: Probe,
  flagged: Flagged,
  round: number,
  seconds: number,
): Promise<Round> {
  const numbers = Array.from({ length: DUE }, (_, i) => i * STRIDE + round);
  // In time for all that comes before it, the change of the rows included.
  const dueAt = Date.now() + seconds * 1_000 + 4 * LEAD_MS;
  await makeDue(deployment.database.owner, numbers, new Date(dueAt).toISOString());
  await settled(deployment);
  const quiet = latencyOf(await probe.samplesUnderLoad(RATE, seconds));
  await pause(Math.max(0, dueAt - LEAD_MS - Date.now()));
  const at = performance.now() + dueAt - Date.now();
  flagged.expect(DUE);
  const samples: Sample[] = [];
  do {
    samples.push(...(await probe.samplesUnderLoad(RATE, seconds)));
    if (performance.now() > at + LONGEST_MS)
      throw new Error(`of ${DUE} timers ${flagged.missing} had not fired after ${LONGEST_MS} ms`);
  } while (flagged.missing > 0);
  if (flagged.missing < 0 || flagged.twice.length > 0)
    throw new Error(`fired too often: ${-flagged.missing} more, ${flagged.twice.slice(0, 3).join(', ')}`);
  const during = samples.filter(({ sentAt }) => sentAt >= at && sentAt <= flagged.last);
  return { quiet, during: latencyOf(during), flaggedAfter: (flagged.last - at) / 1_000 };
}

/** Counts what timers caused, each once. */
class Flagged {
  readonly #causes = new Set<string>();
  readonly twice: string[] = [];
  missing = 0;
  /** When the last of them was read, by `performance.now()`. */
  last = 0;

  expect(count: number): void {
    this.missing = count;
  }

  heard(cause: string, now: number): void {
    if (!cause.startsWith(`${TIMERS_SOURCE}#`)) return;
    // Not thrown here: this is the consumer's own loop, which would try again.
    if (this.#causes.has(cause)) this.twice.push(cause);
    this.#causes.add(cause);
    this.missing -= 1;
    this.last = now;
  }
}

async function lookWhenNothingIsDue({ database }: TestDeployment): Promise<Timers['look']> {
  const shards = Array.from({ length: 12 }, (_, shard) => shard);
  const look = async (source: DataSource): Promise<void> => {
    const due = await new PostgresTimerSource(source).shardsDue(shards, new Date().toISOString());
    if (due.size > 0) throw new Error('something is due already');
  };
  const samples: number[] = [];
  for (let i = 0; i < LOOKS; i += 1) {
    const begin = performance.now();
    await look(database.operator);
    samples.push(performance.now() - begin);
  }
  let pages = 0;
  const explaining = {
    query: async (sql: string, parameters: unknown[]) => {
      const [row] = await database.operator.query<[{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }]>(
        `explain (analyze, buffers, format json) ${sql}`,
        parameters,
      );
      const { Plan: plan } = row['QUERY PLAN'][0];
      pages = plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!;
      return [];
    },
  };
  await look(explaining as unknown as DataSource);
  return { ms: percentile(samples, 50), pages };
}
