import { decideTimer, type Instant, type Timer, timersOf } from '#libs/domain';
import { type ApplyDependencies } from '../apply-events';
import { type ShardTransaction, type TaskKey } from '../shard.store';
import { WorkingSet } from '../working-set';

/**
 * Lets the timers of these tasks fire that are due by `until`, inside the transaction of their shard: the same way a task is changed
 * by events. What was said before is known from the task's own log, so a task that is given twice, here or by another worker, is
 * changed once.
 *
 * @returns the timers that fired.
 */
export async function applyTimers(
  tasks: readonly TaskKey[],
  until: Instant,
  tx: ShardTransaction,
  { directory, now }: ApplyDependencies,
): Promise<Timer[]> {
  const tenantAt = await directory.at(tx, [...new Set(tasks.map(({ tenantId }) => tenantId))]);
  const set = new WorkingSet({ conversations: [], tasks: await tx.tasks(tasks) }, await tx.heads());
  const fired: Timer[] = [];
  for (const { tenantId, taskId } of tasks) {
    const { timePolicy } = tenantAt(tenantId);
    for (;;) {
      const record = set.taskRecord(tenantId, taskId)!;
      const [timer] = timersOf(record, timePolicy);
      if (!timer || timer.at > until) break;
      for (const activity of decideTimer(timer, record, timePolicy)) set.record(activity);
      fired.push(timer);
    }
    // Also where none was due after all: the tenant's policy has changed since it was scheduled.
    set.reschedule({ tenantId, id: taskId });
  }
  await tx.write(set.changes(now(), null, (tenantId) => tenantAt(tenantId).timePolicy));
  return fired;
}
