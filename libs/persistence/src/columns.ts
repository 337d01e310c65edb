import { type Conversation, type Instant, type Task } from '#libs/domain';
import {
  causeOf,
  type CreatedTask,
  type InboundEvent,
  type LoggedActivity,
  type LoggedRejection,
  type ScheduledTask,
  type ShardChanges,
  type StoredMessage,
} from '#libs/processing';
import { originKey } from './origin-key';
import { type ColumnOf } from './rows';

/** How each thing is laid out in its table's columns, for the multi-row inserts. */

export const conversationColumns = (shard: number): ColumnOf<Conversation>[] => [
  ['tenant_id', 'text', (c) => c.tenantId],
  ['id', 'text', (c) => c.id],
  ['shard', 'smallint', () => shard],
  ['channel', 'text', (c) => c.channel],
  ['first_event_at', 'timestamptz', (c) => c.firstEventAt],
  ['customer_id', 'text', (c) => c.customer?.id ?? null],
  ['customer_name', 'text', (c) => c.customer?.name ?? null],
  ['customer_address', 'text', (c) => c.customer?.address ?? null],
  ['customer_at', 'timestamptz', (c) => c.customerAt],
  ['agent_kind', 'text', (c) => c.agent?.kind ?? null],
  ['agent_id', 'text', (c) => c.agent?.id ?? null],
  ['started_at', 'timestamptz', (c) => c.startedAt],
  ['ended_at', 'timestamptz', (c) => c.endedAt],
  ['end_reason', 'text', (c) => c.endReason],
];

export const messageColumns: ColumnOf<StoredMessage>[] = [
  ['tenant_id', 'text', (m) => m.tenantId],
  ['conversation_id', 'text', (m) => m.conversationId],
  ['message_id', 'text', (m) => m.messageId],
  ['from_kind', 'text', (m) => m.from.kind],
  ['from_id', 'text', (m) => m.from.id],
  ['text', 'text', (m) => m.text],
  ['sent_at', 'timestamptz', (m) => m.sentAt],
];

export const outcomeColumns: ColumnOf<InboundEvent>[] = [
  ['tenant_id', 'text', (e) => e.tenantId],
  ['source', 'text', (e) => e.source],
  ['event_id', 'text', (e) => e.id],
  ['conversation_id', 'text', (e) => e.conversationId],
  ['channel', 'text', (e) => e.channel],
  ['occurred_at', 'timestamptz', (e) => e.time],
  ['data', 'jsonb', (e) => JSON.stringify(e.body.data)],
];

export const appliedColumns = (
  shard: number,
  recordedAt: Instant,
): ColumnOf<ShardChanges['applied'][number]>[] => [
  ['tenant_id', 'text', ({ event }) => event.tenantId],
  ['source', 'text', ({ event }) => event.source],
  ['event_id', 'text', ({ event }) => event.id],
  ['type', 'text', ({ event }) => event.body.type],
  ['became', 'text', ({ became }) => became],
  ['payload_hash', 'bytea', ({ event }) => event.payloadHash],
  ['shard', 'smallint', () => shard],
  ['conversation_id', 'text', ({ event }) => event.conversationId],
  ['topic', 'text', ({ event }) => event.origin?.topic ?? null],
  ['partition', 'integer', ({ event }) => event.origin?.partition ?? null],
  ['offset', 'bigint', ({ event }) => event.origin?.offset ?? null],
  ['answer_task', 'uuid', ({ answer }) => answer?.taskId ?? null],
  ['answer_version', 'integer', ({ answer }) => answer?.version ?? null],
  ['recorded_at', 'timestamptz', () => recordedAt],
];

const taskFields: ColumnOf<Task>[] = [
  ['tenant_id', 'text', (task) => task.tenantId],
  ['id', 'uuid', (task) => task.id],
  ['type', 'text', (task) => task.type],
  ['priority', 'text', (task) => task.priority],
  ['status', 'text', (task) => task.status],
  ['assignee_kind', 'text', (task) => task.assignee?.kind ?? null],
  ['assignee_id', 'text', (task) => task.assignee?.id ?? null],
  ['claimed_by', 'text', (task) => task.claimedBy],
  ['due_at', 'timestamptz', (task) => task.dueAt],
  ['title', 'text', (task) => task.title],
  ['description', 'text', (task) => task.description],
  ['updated_at', 'timestamptz', (task) => task.updatedAt],
  ['started_at', 'timestamptz', (task) => task.startedAt],
  ['resolved_at', 'timestamptz', (task) => task.resolvedAt],
  ['resolution', 'text', (task) => task.resolution],
  ['overdue', 'boolean', (task) => task.overdue],
  ['version', 'integer', (task) => task.version],
];

/** What activities change of a task, behind its key, and what its timers go by. */
export const changingColumns: ColumnOf<ScheduledTask>[] = [
  ...taskFields.map(([name, type, value]): ColumnOf<ScheduledTask> => [
    name,
    type,
    ({ task }) => value(task),
  ]),
  ['due_set_by', 'integer', ({ timekeeping }) => timekeeping.dueSetBy],
  ['due_said', 'text', ({ timekeeping }) => timekeeping.dueSaid],
  ['due_in', 'text', ({ timekeeping }) => timekeeping.dueBy?.in ?? null],
  ['due_calendar', 'text', ({ timekeeping }) => timekeeping.dueBy?.calendar ?? null],
  ['due_from', 'timestamptz', ({ timekeeping }) => timekeeping.dueBy?.from ?? null],
  ['claim_active_by', 'integer', ({ timekeeping }) => timekeeping.claimActiveBy],
  ['claim_active_at', 'timestamptz', ({ timekeeping }) => timekeeping.claimActiveAt],
  ['claim_flag', 'text', ({ timekeeping }) => timekeeping.claimFlag],
  ['timer_at', 'timestamptz', ({ timerAt }) => timerAt],
];

export const taskColumns = (shard: number): ColumnOf<CreatedTask>[] => [
  ...changingColumns,
  ['shard', 'smallint', () => shard],
  ['conversation_id', 'text', ({ task }) => task.conversationId],
  ['channel', 'text', ({ task }) => task.channel],
  ['created_by_kind', 'text', ({ task }) => task.createdBy.kind],
  ['created_by_id', 'text', ({ task }) => task.createdBy.id],
  ['created_at', 'timestamptz', ({ task }) => task.createdAt],
  ['origin_source', 'text', ({ identity }) => identity.source],
  ['origin_event_id', 'text', ({ identity }) => identity.id],
  ['origin_flow', 'text', ({ origin }) => origin?.flow ?? null],
  ['origin_node', 'text', ({ origin }) => origin?.node ?? null],
  ['origin_ordinal', 'smallint', ({ origin }) => origin?.ordinal ?? null],
  ['origin_key', 'bytea', ({ identity, origin }) => originKey(identity.source, identity.id, origin)],
];

export const activityColumns = (shard: number, recordedAt: Instant): ColumnOf<LoggedActivity>[] => [
  ['shard', 'smallint', () => shard],
  ['position', 'bigint', (a) => a.position],
  ['tenant_id', 'text', (a) => a.tenantId],
  ['task_id', 'uuid', (a) => a.taskId],
  ['sequence', 'integer', (a) => a.sequence],
  ['conversation_id', 'text', (a) => a.conversationId],
  ['type', 'text', (a) => a.type],
  ['occurred_at', 'timestamptz', (a) => a.time],
  ['recorded_at', 'timestamptz', () => recordedAt],
  ['cause_source', 'text', (a) => a.cause.source],
  ['cause_id', 'text', (a) => a.cause.id],
  ['traceparent', 'text', (a) => a.traceparent ?? null],
  ['data', 'json', activityData],
];

export const rejectionColumns = (shard: number, recordedAt: Instant): ColumnOf<LoggedRejection>[] => [
  ['shard', 'smallint', () => shard],
  ['position', 'bigint', (r) => r.position],
  ['tenant_id', 'text', (r) => r.event.tenantId],
  ['conversation_id', 'text', (r) => r.event.conversationId],
  ['task_id', 'uuid', (r) => r.taskId],
  ['code', 'text', (r) => r.code],
  ['occurred_at', 'timestamptz', (r) => r.event.time],
  ['recorded_at', 'timestamptz', () => recordedAt],
  ['cause_source', 'text', (r) => r.event.source],
  ['cause_id', 'text', (r) => r.event.id],
  ['traceparent', 'text', (r) => r.event.traceparent ?? null],
  ['data', 'json', rejectionData],
];

/** The activity's data on the wire, in the contract's order; the envelope's attributes are columns. */
function activityData(activity: LoggedActivity): string {
  const { taskId, conversationId, channel, sequence, actor, reason, text, changes, due, task, cause, flow } =
    activity;
  return JSON.stringify({
    taskId,
    conversationId,
    channel,
    sequence,
    actor,
    reason,
    text,
    changes,
    due,
    task,
    cause,
    flow,
  });
}

function rejectionData({ code, detail, event }: LoggedRejection): string {
  const { conversationId, time, body } = event;
  return JSON.stringify({
    code,
    detail,
    command: { type: body.type, subject: conversationId, time, data: body.data },
    cause: causeOf(event),
  });
}
