import { originKey, taskRecordFrom, type TaskRow } from '#libs/persistence';
import { type FoldedTask } from '../folding/shard.fold';
import { type Difference, shown } from './difference';
import { jsonDifferences } from './json.difference';

/** A row of `task` with the columns that are not part of the task. */
export interface StoredTaskRow extends TaskRow {
  origin_source: string;
  origin_event_id: string;
  origin_flow: string | null;
  origin_node: string | null;
  origin_ordinal: number | null;
  origin_key: Buffer;
}

/** Compares a task's row with the fold of its activities, field by field. */
export function compareTask(shard: number, row: StoredTaskRow, folded: FoldedTask | undefined): Difference[] {
  const differ = (field: string, problem: string): Difference => ({
    kind: 'task',
    shard,
    taskId: row.id,
    field,
    message: `task ${row.id}: ${field}: ${problem}`,
  });
  if (!folded) return [differ('id', `the table has it, the log of shard ${shard} does not`)];
  const stored = originOf(row);
  const logged = expectedOrigin(folded);
  const { task, timekeeping } = taskRecordFrom(row);
  return [
    ...jsonDifferences(task, folded.task, ''),
    ...jsonDifferences(timekeeping, folded.timekeeping, ''),
    ...jsonDifferences(stored, logged, ''),
  ].map(({ path, left, right }) => differ(path, `table has ${shown(left)}, log folds to ${shown(right)}`));
}

/** The row's origin, in JSON's terms. */
function originOf(row: StoredTaskRow): Record<string, unknown> {
  const { origin_source, origin_event_id, origin_flow, origin_node, origin_ordinal } = row;
  const origin_key = row.origin_key.toString('hex');
  return { origin_source, origin_event_id, origin_flow, origin_node, origin_ordinal, origin_key };
}

/** The origin the log gives the task. */
function expectedOrigin({ identity: { source, id }, origin }: FoldedTask): Record<string, unknown> {
  return {
    origin_source: source,
    origin_event_id: id,
    origin_flow: origin?.flow ?? null,
    origin_node: origin?.node ?? null,
    origin_ordinal: origin?.ordinal ?? null,
    origin_key: originKey(source, id, origin).toString('hex'),
  };
}

/** A task that the log makes and the table lacks. */
export function missingTask(shard: number, { task }: FoldedTask): Difference {
  const message = `task ${task.id}: id: the log of shard ${shard} makes it, the table does not have it there`;
  return { kind: 'task', shard, taskId: task.id, field: 'id', message };
}
