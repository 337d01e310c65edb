import { type Activity, evolveRecord, NOTHING_KEPT, shardOf, type Task, type TaskRecord } from '#libs/domain';
import { type RawRecord } from '#libs/processing';
import { headerOf } from '../events/record.text';
import { type Difference, type DifferenceKind, shown } from './difference';
import { jsonDifferences } from './json.difference';

/** Where a task came from, as its first activity says and the table keeps it. */
export interface TaskOrigin {
  source: string;
  eventId: string;
  flow: string | null;
  node: string | null;
}

/** A task as its activities make it. */
export interface FoldedTask extends TaskRecord {
  origin: TaskOrigin;
}

type ActivityData = Omit<Activity, 'type' | 'tenantId' | 'time'> & { task?: Task };

/**
 * Folds a partition of `task-activity` into tasks, with nothing but the domain's `evolve`. The `task` that each activity carries
 * is not used for it, only compared. Holds a shard's tasks in memory, nothing else.
 */
export class ShardFold {
  readonly #tasks = new Map<string, FoldedTask>();

  constructor(
    private readonly shard: number,
    private readonly shards: number,
  ) {}

  get size(): number {
    return this.#tasks.size;
  }

  /** Folds the next record. @returns what is wrong with it. */
  apply(record: RawRecord): Difference[] {
    const position = Number(record.offset) + 1;
    const differ = differenceAt('activity', this.shard, position);
    const read = activityOf(record);
    if (!read) return [differ(headerOf(record.headers, 'ce_subject'), 'data', 'the record is no activity')];
    const { activity, carried } = read;
    const { taskId } = activity;
    const found: Difference[] = [];
    const say = (field: string, problem: string) => found.push(differ(taskId, field, problem));

    const belongs = shardOf(activity.conversationId, this.shards);
    if (belongs !== this.shard) say('conversationId', `its conversation belongs to shard ${belongs}`);
    const header = headerOf(record.headers, 'ce_sequence');
    if (header !== String(activity.sequence))
      say('sequence', `header has ${shown(header)}, data ${shown(activity.sequence)}`);

    const key = keyOf(activity.tenantId, taskId);
    const before = this.#tasks.get(key);
    let after: TaskRecord | undefined;
    try {
      after = evolveRecord(before ?? null, activity);
    } catch (error) {
      say('sequence', (error as Error).message);
      // Going on from what the activity says of itself: one gap is one difference, not one for each that follows.
      after = carried && { timekeeping: NOTHING_KEPT, ...before, task: carried };
    }
    if (!after) return found;
    for (const { path, left, right } of jsonDifferences(after.task, carried, 'task')) {
      say(path, `log folds to ${shown(left)}, the activity carries ${shown(right)}`);
    }
    this.#tasks.set(key, { ...after, origin: before?.origin ?? originOf(activity) });
    return found;
  }

  /** Takes a task out of the fold; undefined when there is none. */
  take(tenantId: string, taskId: string): FoldedTask | undefined {
    const key = keyOf(tenantId, taskId);
    const folded = this.#tasks.get(key);
    this.#tasks.delete(key);
    return folded;
  }

  /** Those nobody took. */
  rest(): Iterable<FoldedTask> {
    return this.#tasks.values();
  }
}

function activityOf(record: RawRecord): { activity: Activity; carried: Task | undefined } | null {
  const [type, tenantId, time] = ['ce_type', 'ce_tenantid', 'ce_time'].map((name) =>
    headerOf(record.headers, name),
  );
  let data: ActivityData;
  try {
    data = JSON.parse(record.value?.toString('utf8') ?? '') as ActivityData;
  } catch {
    return null;
  }
  if (!type || !tenantId || !time || typeof data?.taskId !== 'string' || !Array.isArray(data.changes))
    return null;
  const { task: carried, ...rest } = data;
  return { activity: { ...rest, type: type as Activity['type'], tenantId, time }, carried };
}

function originOf({ cause, flow }: Activity): TaskOrigin {
  return { source: cause.source, eventId: cause.id, flow: flow?.id ?? null, node: flow?.node ?? null };
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

const keyOf = (tenantId: string, taskId: string): string => `${tenantId}\0${taskId}`;
