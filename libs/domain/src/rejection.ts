/** Why the rules refuse a valid command: the contract's codes, so that a sender can act on them. */
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
export type RejectionCode = (typeof REJECTION_CODES)[number];

/** A refusal. It is data, not a failure: it is stored, published, and stands. */
export interface Rejection {
  code: RejectionCode;
  /** For people: names what stood in the way. */
  detail: string;
}
