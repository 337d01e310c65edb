import { shardOf, type Task } from '#libs/domain';
import { type RawRecord } from '#libs/processing';
import { headerOf } from '../events/record.text';
import { publishedActivity } from '../folding/published.activity';
import { type ShardFold } from '../folding/shard.fold';
import { type Difference, type DifferenceKind, shown } from './difference';
import { jsonDifferences } from './json.difference';

/**
 * Folds the next record of a shard's activities. The `task` that it carries is not used for it, only compared.
 *
 * @returns what is wrong with the record.
 */
export function foldAndCompare(
  fold: ShardFold,
  record: RawRecord,
  { shard, shards }: { shard: number; shards: number },
): Difference[] {
  const position = Number(record.offset) + 1;
  const differ = differenceAt('activity', shard, position);
  const read = publishedActivity(record);
  if (!read) return [differ(headerOf(record.headers, 'ce_subject'), 'data', 'the record is no activity')];
  const { activity, carried } = read;
  const { taskId } = activity;
  const found: Difference[] = [];
  const say = (field: string, problem: string) => found.push(differ(taskId, field, problem));

  const belongs = shardOf(activity.conversationId, shards);
  if (belongs !== shard) say('conversationId', `its conversation belongs to shard ${belongs}`);
  const header = headerOf(record.headers, 'ce_sequence');
  if (header !== String(activity.sequence))
    say('sequence', `header has ${shown(header)}, data ${shown(activity.sequence)}`);

  let task: Task | undefined;
  try {
    task = fold.apply(activity).task;
  } catch (error) {
    say('sequence', (error as Error).message);
    task = carried && fold.goOnFrom(carried, activity).task;
  }
  if (!task) return found;
  for (const { path, left, right } of jsonDifferences(task, carried, 'task')) {
    say(path, `log folds to ${shown(left)}, the activity carries ${shown(right)}`);
  }
  return found;
}

/** Differences of a log's entry, in one form. */
function differenceAt(kind: DifferenceKind, shard: number, position: number) {
  return (taskId: string | undefined, field: string, problem: string): Difference => ({
    kind,
    shard,
    taskId,
    position,
    field,
    message: `task ${taskId ?? '?'} (shard ${shard}, position ${position}): ${field}: ${problem}`,
  });
}
