/** Tables that hold tenants' data: row-level security is on and forced on every one of them. */
export const TENANT_TABLES = [
  'tenant_revision',
  'workforce_entry',
  'flow_version',
  'conversation',
  'conversation_message',
  'conversation_outcome',
  'applied_event',
  'task',
  'activity_log',
  'rejection_log',
] as const;

/** Tables about the deployment itself. */
export const DEPLOYMENT_TABLES = [
  'deployment',
  'shard_head',
  'input_position',
  'operation',
  'dead_letter_result',
] as const;
