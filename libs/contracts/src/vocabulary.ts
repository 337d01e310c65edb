/** The closed sets of words of the wire. Each is defined in docs/glossary.md. */

export const CHANNELS = ['call', 'message', 'whatsapp'] as const;
export const TASK_TYPES = ['follow_up', 'internal'] as const;
export const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;
export const STATUSES = ['to_do', 'in_progress', 'resolved', 'cancelled'] as const;
export const AVAILABILITIES = ['available', 'away', 'offline'] as const;
export const AGENT_ROLES = ['agent', 'lead'] as const;
/** What a token may say of whoever has it. */
export const CALLER_ROLES = ['agent', 'lead', 'ops', 'service'] as const;
export const WORKFORCE_KINDS = ['agent', 'team', 'calendar', 'policy'] as const;
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Why the rules refuse a valid command. */
export const REJECTION_CODES = [
  'illegal_transition',
  'task_not_found',
  'task_exists',
  'unknown_assignee',
  'not_allowed',
  'not_available',
  'already_claimed',
  'stale_version',
  'invalid_due',
  'not_supported',
] as const;

/** Where a message was set aside. */
export const DEAD_LETTER_STAGES = ['decode', 'validate', 'flow', 'apply'] as const;

/** Where a dead letter stands. */
export const LETTER_STATES = ['open', 'quarantined', 'redriven', 'discarded'] as const;

export type CallerRole = (typeof CALLER_ROLES)[number];
export type WireChannel = (typeof CHANNELS)[number];
export type WorkforceKind = (typeof WORKFORCE_KINDS)[number];
