/** Every problem a request can meet, by its code: what stands behind its `type`. */
export const PROBLEMS = {
  malformed: { status: 400, title: 'The request cannot be read' },
  invalid: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'There is no valid token' },
  forbidden: { status: 403, title: 'The token does not allow this' },
  not_allowed: { status: 403, title: 'The rules do not allow this to the caller' },
  not_found: { status: 404, title: 'There is no such thing in the tenant' },
  task_not_found: { status: 404, title: 'There is no such task in the tenant' },
  method_not_allowed: { status: 405, title: 'The path has no such method' },
  conversation_not_active: { status: 409, title: 'The conversation has ended' },
  illegal_transition: { status: 409, title: 'The task’s status does not allow this' },
  task_exists: { status: 409, title: 'There is a task with this id' },
  beyond_log: { status: 409, title: 'The activity log does not reach as far' },
  not_available: { status: 409, title: 'The caller is not available' },
  letter_not_open: { status: 409, title: 'The dead letter is not open' },
  already_claimed: { status: 409, title: 'Somebody else has claimed the task' },
  stale_version: { status: 412, title: 'The task has changed since' },
  too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'The body is not JSON' },
  unknown_assignee: { status: 422, title: 'The tenant has no such agent or team' },
  invalid_due: { status: 422, title: 'The due date cannot be worked out' },
  idempotency_key_reused: { status: 422, title: 'The key was used for another request' },
  invalid_flow: { status: 422, title: 'The flow cannot be saved' },
  too_many_requests: { status: 429, title: 'There are too many requests' },
  internal: { status: 500, title: 'Something is broken here' },
  not_supported: { status: 501, title: 'This is not built yet' },
  unavailable: { status: 503, title: 'The service cannot answer now' },
} as const;
export type ProblemCode = keyof typeof PROBLEMS;
export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];

/** The `type` of a problem. A name and no address: it is looked up in the documentation, and stays when that moves. */
export function problemType(code: ProblemCode): string {
  return `urn:conversation-tasks:problem:${code}`;
}
