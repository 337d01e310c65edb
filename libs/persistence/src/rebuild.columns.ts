import { type Cause, type EventIdentity, type Instant } from '#libs/domain';
import { type AnswerKey } from '#libs/processing';
import { type LogRow } from './log.source';
import { type ColumnOf } from './rows';

/** The identity of an event, as far as what it led to tells it. */
export interface RebuiltIdentity extends EventIdentity {
  type: string;
  became: 'applied' | 'rejected';
  /** Null when nobody can say what the event said: stored as empty, which is as good as any other. */
  payloadHash: Buffer | null;
  conversationId: string;
  /** Where it was read; without a topic for what came another way. */
  cause: Cause;
  /** The last of what it led to: what its sender was answered with, if somebody waited for an answer. Null when it led to nothing. */
  answer: AnswerKey | null;
  recordedAt: Instant;
}

/** What both logs have of an entry, as the relay reads it. */
const logColumns: ColumnOf<LogRow>[] = [
  ['shard', 'smallint', (row) => row.shard],
  ['position', 'bigint', (row) => row.position],
  ['tenant_id', 'text', (row) => row.tenant_id],
  ['task_id', 'uuid', (row) => row.task_id],
  ['conversation_id', 'text', (row) => row.conversation_id],
  ['occurred_at', 'timestamptz', (row) => row.occurred_at.toISOString()],
  ['recorded_at', 'timestamptz', (row) => row.recorded_at.toISOString()],
  ['cause_source', 'text', (row) => row.cause_source],
  ['cause_id', 'text', (row) => row.cause_id],
  ['traceparent', 'text', (row) => row.traceparent],
  ['data', 'json', (row) => row.data],
];

export const activityRowColumns: ColumnOf<LogRow>[] = [
  ...logColumns,
  ['sequence', 'integer', (row) => row.sequence],
  ['type', 'text', (row) => row.type],
];

export const rejectionRowColumns: ColumnOf<LogRow>[] = [...logColumns, ['code', 'text', (row) => row.code]];

export const rebuiltIdentityColumns = (shard: number): ColumnOf<RebuiltIdentity>[] => [
  ['tenant_id', 'text', (identity) => identity.tenantId],
  ['source', 'text', (identity) => identity.source],
  ['event_id', 'text', (identity) => identity.id],
  ['type', 'text', (identity) => identity.type],
  ['became', 'text', (identity) => identity.became],
  ['payload_hash', 'bytea', (identity) => identity.payloadHash ?? Buffer.alloc(0)],
  ['shard', 'smallint', () => shard],
  ['conversation_id', 'text', (identity) => identity.conversationId],
  ['topic', 'text', (identity) => identity.cause.topic ?? null],
  ['partition', 'integer', (identity) => identity.cause.partition ?? null],
  ['offset', 'bigint', (identity) => identity.cause.offset ?? null],
  ['answer_task', 'uuid', (identity) => identity.answer?.taskId ?? null],
  ['answer_version', 'integer', (identity) => identity.answer?.version ?? null],
  ['recorded_at', 'timestamptz', (identity) => identity.recordedAt],
];
