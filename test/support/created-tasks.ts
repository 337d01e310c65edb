import { type ReadRecord, type TestDeployment } from '#libs/testing';

/** A created task as the expectations have it, field by field. */
export interface ComparableTask {
  /** source#id of the event that caused it. */
  cause: string;
  conversationId: string;
  channel: string;
  /** Null for a task that a command created. */
  flow: string | null;
  node: string | null;
  type: string;
  title: string;
  description: string | null;
  priority: string;
  assignee: { kind: string; id: string } | null;
  /** UTC with milliseconds. */
  dueAt: string | null;
}

interface Row extends Omit<ComparableTask, 'assignee' | 'dueAt'> {
  assignee_kind: string | null;
  assignee_id: string;
  due_at: Date | null;
}

/** The tasks as the database has them. */
export async function tasksInDatabase(deployment: TestDeployment): Promise<ComparableTask[]> {
  const rows = await deployment.query<Row>(
    `select origin_source || '#' || origin_event_id as cause, conversation_id as "conversationId", channel,
            origin_flow as flow, origin_node as node, type, title, description, priority,
            assignee_kind, assignee_id, due_at
       from task`,
  );
  return rows.map(({ assignee_kind: kind, assignee_id: id, due_at: dueAt, ...fields }) => ({
    ...fields,
    assignee: kind === null ? null : { kind, id },
    dueAt: dueAt?.toISOString() ?? null,
  }));
}

/** The data of a record of `task-activity`, in the parts these tests look at. */
export interface ActivityData {
  taskId: string;
  conversationId: string;
  channel: string;
  sequence: number;
  actor: { kind: string; id: string };
  reason?: string;
  text?: string;
  changes: { field: string; from: unknown; to: unknown }[];
  task: Record<string, unknown> & Omit<ComparableTask, 'cause' | 'flow' | 'node'>;
  cause: { source: string; id: string };
  flow?: { id: string; node: string; version: number; inputs: Record<string, unknown>; warnings: string[] };
}

/** What a record of `task-activity` says. */
export function activityIn(record: ReadRecord): ActivityData {
  return JSON.parse(record.value!.toString('utf8')) as ActivityData;
}

/** The task a `task.created.v1` record says was created. */
export function taskCreatedBy(record: ReadRecord): ComparableTask {
  const { task, cause, flow } = activityIn(record);
  const { conversationId, channel, type, title, description, priority, assignee, dueAt } = task;
  const from = { cause: `${cause.source}#${cause.id}`, flow: flow?.id ?? null, node: flow?.node ?? null };
  return { ...from, conversationId, channel, type, title, description, priority, assignee, dueAt };
}

/** Things in an order that their content alone decides: two multisets are equal when these are. */
export function asMultiset<T extends object>(items: readonly T[]): T[] {
  const keyOf = (item: T): string =>
    JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  return items
    .map((item) => ({ key: keyOf(item), item }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ item }) => item);
}
