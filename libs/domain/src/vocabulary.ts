/** The closed sets of words every other file uses; each is defined in docs/glossary.md. */

export const CHANNELS = ['call', 'message', 'whatsapp'] as const;
export type Channel = (typeof CHANNELS)[number];

export const TASK_TYPES = ['follow_up', 'internal'] as const;
export type TaskType = (typeof TASK_TYPES)[number];

export const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Priority = (typeof PRIORITIES)[number];

export const STATUSES = ['to_do', 'in_progress', 'resolved', 'cancelled'] as const;
export type Status = (typeof STATUSES)[number];

/** Who may be given a task. */
export interface Assignee {
  kind: 'agent' | 'team';
  id: string;
}

/** Who did something. `flow` and `system` never arrive from outside. */
export interface Actor {
  kind: 'agent' | 'ai_agent' | 'flow' | 'service' | 'system';
  id: string;
}

/**
 * A moment as canonical text: RFC 3339, UTC, exactly three decimals (`2019-03-01T04:04:57.172Z`),
 * 1970–9999. Canonical, so that string order is time order and a value read back from JSON,
 * PostgreSQL or the topic is the same value.
 */
export type Instant = string;
