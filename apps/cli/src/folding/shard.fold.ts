import {
  type Activity,
  evolveRecord,
  type FlowOrigin,
  NOTHING_KEPT,
  type Task,
  type TaskRecord,
} from '#libs/domain';
import { type CreatedTask } from '#libs/processing';

/** A task as its activities make it, with where its first one says it came from: all that its row has. */
export type FoldedTask = Omit<CreatedTask, 'timerAt'>;

/**
 * Folds a shard's activities into tasks, with nothing but the domain's `evolve`: what a rebuild writes, and what `verify` compares
 * with. Holds a shard's tasks in memory, nothing else.
 */
export class ShardFold {
  readonly #tasks = new Map<string, FoldedTask>();

  get size(): number {
    return this.#tasks.size;
  }

  /** Lets the next activity change its task. @throws when it does not follow; nothing has changed then. */
  apply(activity: Activity): FoldedTask {
    const key = keyOf(activity.tenantId, activity.taskId);
    const before = this.#tasks.get(key);
    return this.#keep(key, evolveRecord(before ?? null, activity), before, activity);
  }

  /** Goes on from what an activity that does not follow says of its task: one gap is one difference, not one for each that follows. */
  goOnFrom(task: Task, activity: Activity): FoldedTask {
    const key = keyOf(activity.tenantId, activity.taskId);
    const before = this.#tasks.get(key);
    const timekeeping = before?.timekeeping ?? NOTHING_KEPT;
    return this.#keep(key, { task, timekeeping }, before, activity);
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

  #keep(
    key: string,
    { task, timekeeping }: TaskRecord,
    before: FoldedTask | undefined,
    activity: Activity,
  ): FoldedTask {
    const { identity, origin } = before ?? originOf(activity);
    const folded = { task, timekeeping, identity, origin };
    this.#tasks.set(key, folded);
    return folded;
  }
}

/** Where a task came from, by its first activity. A node makes one task of an outcome, so the ordinal is 0. */
function originOf({ tenantId, cause, flow }: Activity): Pick<FoldedTask, 'identity' | 'origin'> {
  const origin: FlowOrigin | null = flow ? { flow: flow.id, node: flow.node, ordinal: 0 } : null;
  return { identity: { tenantId, source: cause.source, id: cause.id }, origin };
}

const keyOf = (tenantId: string, taskId: string): string => `${tenantId}\0${taskId}`;
