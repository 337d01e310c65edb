import { type Instant, type Timer } from '#libs/domain';
import { Interrupted, pauseWhileRunning, type Patience, waitOutOutages } from '../patience';
import { type ShardPorts } from '../process-batch';
import { applyTimers } from './apply-timers';
import { type InputProgress, type TimerSource } from './timer.source';

export interface TimerPorts extends ShardPorts {
  timers: TimerSource;
  inputs: InputProgress;
  /** The timers' clock: the wall's, unless a test or a simulation has its own. */
  clock(): Instant;
  /** Told what was found due: the moment of the first timer, null when there is none. */
  looked?(earliest: Instant | null, at: Instant): void;
  /** Told of each transaction. */
  fired?(shard: number, timers: readonly Timer[]): void;
}

/** Tasks a transaction: about 20 ms under the shard's lock, so that what comes by Kafka is hardly held up. */
const TASKS_AT_ONCE = 200;
/** How often it is looked whether the input has been applied. */
const LOOK_AGAIN_MS = 100;

/**
 * Lets every timer of these shards fire that is due, by the watermark: the clock is read, then where the input partitions end; when
 * everything before that has been applied, what was due by then is. So a backlog is always ahead of the timers, and a task that was
 * resolved in time does not become overdue, however late its event is read (invariant 6).
 *
 * Any number of workers may do so at once, also for the same shard.
 *
 * @returns how many fired.
 * @throws Interrupted when told to stop meanwhile.
 */
export async function fireTimers(
  shards: readonly number[],
  ports: TimerPorts,
  patience: Patience,
): Promise<number> {
  const until = ports.clock();
  const due = await waitOutOutages(() => ports.timers.shardsDue(shards, until), patience);
  ports.looked?.([...due.values()].sort()[0] ?? null, until);
  if (due.size === 0) return 0;
  await inputIsApplied(ports.inputs, patience);
  let fired = 0;
  for (const shard of due.keys()) fired += await fireInShard(shard, until, ports, patience);
  return fired;
}

/** Resolves when everything is applied that the input partitions held when this was called. */
async function inputIsApplied(inputs: InputProgress, patience: Patience): Promise<void> {
  const ends = await waitOutOutages(() => inputs.ends(), patience);
  while (!(await waitOutOutages(() => inputs.hasPassed(ends), patience))) {
    await pauseWhileRunning(LOOK_AGAIN_MS, patience);
  }
}

async function fireInShard(
  shard: number,
  until: Instant,
  ports: TimerPorts,
  patience: Patience,
): Promise<number> {
  const { timers, queue, store } = ports;
  for (let fired = 0; ;) {
    const tasks = await waitOutOutages(() => timers.tasksDue(shard, until, TASKS_AT_ONCE), patience);
    if (tasks.length === 0) return fired;
    if (!patience.isRunning()) throw new Interrupted('stopped between two transactions');
    const tenants = [...new Set(tasks.map(({ tenantId }) => tenantId))];
    const done = await waitOutOutages(
      () =>
        queue.run(shard, () => store.inShard(shard, tenants, (tx) => applyTimers(tasks, until, tx, ports))),
      patience,
    );
    ports.committed?.(shard);
    ports.fired?.(shard, done);
    fired += done.length;
  }
}
