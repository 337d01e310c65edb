import { taskFrom, type TaskRow } from '#libs/persistence';
import { type Difference, shown } from './difference';
import { jsonDifferences } from './json.difference';
import { type FoldedTask } from './shard.fold';

/** A row of `task` with the columns that are not part of the task. */
export interface StoredTaskRow extends TaskRow {
  origin_source: string;
  origin_event_id: string;
  origin_flow: string | null;
  origin_node: string | null;
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
  const { source, eventId, flow, node } = folded.origin;
  const origin = { origin_source: source, origin_event_id: eventId, origin_flow: flow, origin_node: node };
  const { origin_source, origin_event_id, origin_flow, origin_node } = row;
  return [
    ...jsonDifferences(taskFrom(row), folded.task, ''),
    ...jsonDifferences({ origin_source, origin_event_id, origin_flow, origin_node }, origin, ''),
  ].map(({ path, left, right }) => differ(path, `table has ${shown(left)}, log folds to ${shown(right)}`));
}

/** A task that the log makes and the table lacks. */
export function missingTask(shard: number, { task }: FoldedTask): Difference {
  const message = `task ${task.id}: id: the log of shard ${shard} makes it, the table does not have it there`;
  return { kind: 'task', shard, taskId: task.id, field: 'id', message };
}
