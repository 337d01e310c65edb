import { type Activity, type Cause, type WorkingDue } from './activity';
import { type Due } from './command';
import { type Person } from './person';
import { type Rejection } from './rejection';
import { type Assignee, type Channel, type Instant, type Priority, type TaskType } from './vocabulary';

/** What a decision may know beside the command and the task. No clock: `time` is the event's. */
export interface DecisionContext {
  tenantId: string;
  conversationId: string;
  channel: Channel;
  time: Instant;
  cause: Cause;
  /** The id the task gets when the command names none. */
  derivedTaskId: string;
  assigneeExists(assignee: Assignee): boolean;
  /** An agent of the workforce; null for one it does not know. */
  person(agentId: string): Person | null;
  resolveDue(due: Due): { ok: true; at: Instant; by?: WorkingDue } | { ok: false; problem: string };
}

/** What becomes of a command: activities, in order, or one rejection. */
export type Decision = { activities: Activity[] } | { rejection: Rejection };

/** A task that is to be, everything worked out. */
export interface TaskDraft {
  id: string;
  type: TaskType;
  priority: Priority;
  title: string;
  description: string | null;
  assignee: Assignee | null;
  dueAt: Instant | null;
  /** How a calendar gave that date, if one did. */
  dueBy?: WorkingDue;
}
