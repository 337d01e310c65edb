import { type ApplyDependencies } from '../apply-events';
import { Interrupted, keepPartition, type Patience, waitOutOutages } from '../patience';
import { type ShardPorts } from '../process-batch';
import { type ShardTransaction } from '../shard.store';
import { WorkingSet } from '../working-set';
import { type WorkforceRecord } from '../workforce-change';
import { type Consequence, consequencesOf } from './consequence';
import { type FoundTask, type TaskFinder } from './task.finder';

export interface ConsequencePorts extends ShardPorts {
  tasks: TaskFinder;
}

/** Tasks a transaction, as many as timers. */
const TASKS_AT_ONCE = 200;

/**
 * After changes of the workforce were stored, and before their position is: what they mean for tasks is applied, in every shard. Done
 * again after a crash in between it does nothing twice, since it goes by what the tasks have become.
 *
 * @returns how many activities that made.
 * @throws Interrupted when told to stop while waiting for an outage to end.
 */
export async function applyConsequences(
  records: readonly WorkforceRecord[],
  ports: ConsequencePorts,
  patience: Patience,
): Promise<number> {
  const tasks: TaskFinder = {
    claimedBy: (agents) => waitOutOutages(() => ports.tasks.claimedBy(agents), patience),
    dueBy: (...calendar) => waitOutOutages(() => ports.tasks.dueBy(...calendar), patience),
  };
  let activities = 0;
  for (const consequence of consequencesOf(records)) {
    for await (const found of consequence.tasks(tasks)) {
      for (const [shard, some] of byShard(found)) {
        const tenants = [...new Set(some.map(({ tenantId }) => tenantId))];
        activities += await waitOutOutages(
          () =>
            ports.queue.run(shard, () =>
              ports.store.inShard(shard, tenants, (tx) => applyTo(some, consequence, tx, ports)),
            ),
          patience,
        );
        ports.committed?.(shard);
        // A calendar may have given a million dates.
        if (!patience.isRunning()) throw new Interrupted('stopped between two transactions');
        await keepPartition(patience);
      }
    }
  }
  return activities;
}

async function applyTo(
  tasks: readonly FoundTask[],
  consequence: Consequence,
  tx: ShardTransaction,
  { directory, now }: ApplyDependencies,
): Promise<number> {
  const tenantAt = await directory.at(tx, [...new Set(tasks.map(({ tenantId }) => tenantId))]);
  const set = new WorkingSet({ conversations: [], tasks: await tx.tasks(tasks) }, await tx.heads());
  let activities = 0;
  for (const { tenantId, taskId } of tasks) {
    const record = set.taskRecord(tenantId, taskId);
    for (const activity of record ? consequence.decide(record, tenantAt(tenantId)) : []) {
      set.record(activity);
      activities += 1;
    }
  }
  if (activities > 0) await tx.write(set.changes(now(), null, (tenantId) => tenantAt(tenantId).timePolicy));
  return activities;
}

/** As many tasks of one shard as go into a transaction, then the next. */
function* byShard(tasks: readonly FoundTask[]): Generator<[shard: number, tasks: FoundTask[]]> {
  const groups = new Map<number, FoundTask[]>();
  for (const task of tasks) {
    const group = groups.get(task.shard);
    if (group) group.push(task);
    else groups.set(task.shard, [task]);
  }
  for (const [shard, group] of groups)
    for (let start = 0; start < group.length; start += TASKS_AT_ONCE)
      yield [shard, group.slice(start, start + TASKS_AT_ONCE)];
}
