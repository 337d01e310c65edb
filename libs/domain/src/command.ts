import { type Actor, type Assignee, type Priority, type TaskType } from './vocabulary';

/** When something is due, as the contract writes it. Resolved to an instant by `resolveDue`. */
export type Due = { at: string } | { in: string; calendar?: string };

/** `task.create.v1`: somebody asks for a task in a conversation. */
export interface CreateTask {
  type: 'task.create.v1';
  data: {
    /** The caller's own id; otherwise it is derived from the event's identity. */
    taskId?: string;
    type: TaskType;
    priority: Priority;
    title: string;
    description?: string | null;
    assignee?: Assignee | null;
    due?: Due | null;
    /** Why there is the task, where that is not plain. */
    reason?: string | null;
    actor: Actor;
  };
}

/** What every command to a task that exists says. */
export interface OnTask {
  taskId: string;
  actor: Actor;
  /** The version its sender has seen; null or absent: whatever it is. */
  expectedVersion?: number | null;
  reason?: string | null;
}

/** The verbs of commands to a task that exists, with what each says beside `OnTask`. */
export interface ChangeData {
  assign: { assignee: Assignee | null };
  claim: unknown;
  release: unknown;
  start: unknown;
  resolve: { resolution?: string | null };
  reopen: unknown;
  cancel: unknown;
  /** What is absent stays; null clears `due` and `description`. */
  update: {
    priority?: Priority;
    due?: Due | null;
    title?: string;
    description?: string | null;
    type?: TaskType;
  };
  comment: { text: string };
}

export type Verb = keyof ChangeData;

/** A command to a task that exists. */
export type ChangeTask = { [V in Verb]: { type: `task.${V}.v1`; data: OnTask & ChangeData[V] } }[Verb];

export type TaskCommand = CreateTask | ChangeTask;

/** The verb of a command's type: `task.claim.v1` → `claim`. */
export function verbOf({ type }: ChangeTask): Verb {
  return type.slice('task.'.length, -'.v1'.length) as Verb;
}
