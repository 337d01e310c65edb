import { type Api } from './api';
import { type Fairness } from './drain';
import { type Latency } from './latency';
import { type Machine } from './machine';
import { type Spread } from './statistics';
import { type Timers } from './timers';

/** Everything one run found out; what was not asked for is absent. */
export interface Result {
  machine: Machine;
  events: number;
  /** Events a second, by contestant. */
  throughput?: Record<string, { rate: Spread; cpuUs: Spread; fairness: Fairness }>;
  mix?: Spread;
  duplicates?: Spread;
  /** Whole lives of tasks, and creations in turn with them. */
  life?: Record<'creations' | 'life', { rate: Spread; cpuUs: Spread }>;
  latency?: { commitMs: number; hopMs: number; idle: Latency; halfLoad: Latency & { rate: number } };
  memory?: { events: number; peakMiB: number; rate: number };
  counts?: { statements: number; produceRequests: number };
  timers?: Timers;
  api?: Api;
}

/** A promise in figures, and whether this run kept it. */
export interface Target {
  name: string;
  value: number;
  /** As text: `≥ 10`. */
  wanted: string;
  reached: boolean;
}

/** The targets of the product, as far as the result has figures for them. */
export function targetsOf({
  throughput,
  mix,
  duplicates,
  life,
  latency,
  memory,
  counts,
  timers,
  api,
}: Result): Target[] {
  const targets: Target[] = [];
  const atLeast = (name: string, value: number | undefined, wanted: number): void => {
    if (value !== undefined) targets.push({ name, value, wanted: `≥ ${wanted}`, reached: value >= wanted });
  };
  const atMost = (name: string, value: number | undefined, wanted: number): void => {
    if (value !== undefined) targets.push({ name, value, wanted: `≤ ${wanted}`, reached: value <= wanted });
  };
  const service = throughput?.service?.rate.median;
  const ratio = (a?: number, b?: number): number | undefined => (a && b ? a / b : undefined);
  atLeast('creations, times the peer', ratio(service, throughput?.peer?.rate.median), 10);
  atLeast('creations, of the ceiling', ratio(service, throughput?.ceiling?.rate.median), 0.5);
  atLeast('mix, times creations', ratio(mix?.median, service), 2);
  atLeast('duplicates, times creations', ratio(duplicates?.median, service), 2);
  atLeast('life, times creations', ratio(life?.life.rate.median, life?.creations.rate.median), 0.7);
  atMost(
    'p99 at half load, times (commit + two hops)',
    latency && latency.halfLoad.p99 / (latency.commitMs + 2 * latency.hopMs),
    6,
  );
  atMost('memory, MiB', memory?.peakMiB, 400);
  atMost('statements an event', counts?.statements, 0.1);
  atMost('produce requests an event', counts?.produceRequests, 0.05);
  atMost('seconds until 10,000 tasks due at once are flagged', timers?.flaggedAfter.max, 60);
  atMost('p99 while they are, times the quiet p99', timers?.ratio.median, 3);
  atMost('lists beside the stream, p99 in ms', api?.lists.all.p99, 30);
  atMost('commands over HTTP at half load, p99 in ms', api?.writes.all.p99, 250);
  return targets;
}
