import {
  type Actor,
  type Assignee,
  type Channel,
  type Instant,
  type Priority,
  type Status,
  type TaskType,
} from './vocabulary';

/** A task as everybody sees it: the contract's `Task`, field for field. */
export interface Task {
  id: string;
  tenantId: string;
  conversationId: string;
  channel: Channel;
  type: TaskType;
  priority: Priority;
  status: Status;
  assignee: Assignee | null;
  claimedBy: string | null;
  dueAt: Instant | null;
  title: string;
  description: string | null;
  createdBy: Actor;
  createdAt: Instant;
  updatedAt: Instant;
  startedAt: Instant | null;
  resolvedAt: Instant | null;
  resolution: string | null;
  overdue: boolean;
  /** The sequence of its last activity: 1, 2, 3 … */
  version: number;
}
