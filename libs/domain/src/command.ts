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
    actor: Actor;
  };
}

/** The commands whose handling is still to come: read, validated, and answered `not_supported`. */
export const LATER_COMMANDS = [
  'task.assign.v1',
  'task.claim.v1',
  'task.release.v1',
  'task.start.v1',
  'task.resolve.v1',
  'task.reopen.v1',
  'task.cancel.v1',
  'task.update.v1',
  'task.comment.v1',
] as const;

export interface LaterCommand {
  type: (typeof LATER_COMMANDS)[number];
  data: { taskId: string; actor: Actor } & Record<string, unknown>;
}

export type TaskCommand = CreateTask | LaterCommand;
