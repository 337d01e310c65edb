import { type Task } from './task';
import { type Actor, type Channel, type Instant } from './vocabulary';

/** The things that can happen to a task; nothing else can. */
export const ACTIVITY_TYPES = [
  'task.created.v1',
  'task.status_changed.v1',
  'task.assignment_changed.v1',
  'task.completed.v1',
  'task.priority_changed.v1',
  'task.due_date_changed.v1',
  'task.details_changed.v1',
  'task.commented.v1',
  'task.due_soon.v1',
  'task.overdue.v1',
  'task.escalated.v1',
] as const;
export type ActivityType = (typeof ACTIVITY_TYPES)[number];

/** One field of the task that an activity changed. What is not listed did not change. */
export interface Change {
  field: ChangingField;
  from: unknown;
  to: unknown;
}

/** The fields that activities change; the others follow from the activity itself (`evolve`). */
export type ChangingField =
  | 'type'
  | 'priority'
  | 'status'
  | 'assignee'
  | 'claimedBy'
  | 'dueAt'
  | 'title'
  | 'description'
  | 'startedAt'
  | 'resolvedAt'
  | 'resolution'
  | 'overdue';

/** A due date in a calendar's working time: so much of it, from when. */
export interface WorkingDue {
  /** An ISO 8601 duration of hours, minutes and seconds. */
  in: string;
  calendar: string;
  from: Instant;
}

/** The event or request that caused an activity. */
export interface Cause {
  source: string;
  id: string;
  topic?: string;
  partition?: number;
  offset?: number;
}

/** Why a task that a flow made is as it is. */
export interface FlowTrace {
  id: string;
  version: number;
  node: string;
  inputs: Record<string, unknown>;
  warnings: string[];
}

/** One thing that happened to a task: the contract's activity data, with the envelope's tenant and time. */
export interface Activity {
  type: ActivityType;
  tenantId: string;
  /** When it happened: the causing event's time. */
  time: Instant;
  taskId: string;
  conversationId: string;
  channel: Channel;
  /** 1, 2, 3 … per task without gaps. */
  sequence: number;
  actor: Actor;
  reason?: string;
  /** What a comment says. */
  text?: string;
  changes: Change[];
  /** How a calendar gave the due date that it sets. */
  due?: WorkingDue;
  cause: Cause;
  flow?: FlowTrace;
}

/** An activity with the task as it is after it, as it is logged and published. */
export interface RecordedActivity extends Activity {
  task: Task;
}
