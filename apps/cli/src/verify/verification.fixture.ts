import { type Activity, evolve, taskCreated } from '#libs/domain';
import { originKey } from '#libs/persistence';
import { type RawRecord } from '#libs/processing';
import { type LogEntry } from '#libs/relay';
import { type StoredTaskRow } from './task.comparison';

/** A created task, in each of the forms that verifying compares. */
export function aCreatedTask(position = 1, sequence = 1) {
  const draft = {
    id: '019c0000-0000-8000-8000-000000000001',
    type: 'follow_up' as const,
    priority: 'high' as const,
    title: 'Call back',
    description: null,
    assignee: { kind: 'team' as const, id: 'bookings' },
    dueAt: '2026-03-02T12:00:00.000Z',
    dueBy: { in: 'PT2H', calendar: 'office', from: '2026-03-02T10:00:00.000Z' },
  };
  const activity: Activity = {
    ...taskCreated(
      draft,
      { kind: 'flow', id: 'callbacks' },
      {
        tenantId: 'acme',
        conversationId: 'conv-1',
        channel: 'call',
        time: '2026-03-02T10:00:00.000Z',
        cause: { source: '/voice', id: 'e-1', topic: 'conversation-events.call', partition: 0, offset: 4 },
      },
      { flow: { id: 'callbacks', version: 1, node: 'call-back', inputs: {}, warnings: [] } },
    ),
    sequence,
  };
  const task = evolve(null, { ...activity, sequence: 1 });
  const { type, tenantId, time, ...data } = activity;
  const entry: LogEntry = {
    position,
    key: task.id,
    headers: {
      ce_type: type,
      ce_tenantid: tenantId,
      ce_time: time,
      ce_subject: task.id,
      ce_sequence: String(sequence),
      position: String(position),
    },
    value: JSON.stringify({ ...data, task }),
  };
  return { activity, task, entry, record: recordOf(entry) };
}

/** The entry as the relay publishes it. */
export function recordOf(entry: LogEntry): RawRecord {
  return {
    topic: 'task-activity',
    partition: 0,
    offset: String(entry.position - 1),
    key: Buffer.from(entry.key),
    value: Buffer.from(entry.value),
    headers: Object.fromEntries(
      Object.entries(entry.headers).map(([name, text]) => [name, Buffer.from(text)]),
    ),
    timestamp: '0',
  };
}

/** The row of `aCreatedTask` as the driver gives it. */
export function aTaskRow(differences: Partial<StoredTaskRow> = {}): StoredTaskRow {
  const { task } = aCreatedTask();
  return {
    tenant_id: 'acme',
    id: task.id,
    conversation_id: 'conv-1',
    channel: 'call',
    type: 'follow_up',
    priority: 'high',
    status: 'to_do',
    assignee_kind: 'team',
    assignee_id: 'bookings',
    claimed_by: null,
    due_at: new Date('2026-03-02T12:00:00.000Z'),
    title: 'Call back',
    description: null,
    created_by_kind: 'flow',
    created_by_id: 'callbacks',
    created_at: new Date('2026-03-02T10:00:00.000Z'),
    updated_at: new Date('2026-03-02T10:00:00.000Z'),
    started_at: null,
    resolved_at: null,
    resolution: null,
    overdue: false,
    version: 1,
    due_set_by: 1,
    due_said: null,
    due_in: 'PT2H',
    due_calendar: 'office',
    due_from: new Date('2026-03-02T10:00:00.000Z'),
    claim_active_by: null,
    claim_active_at: null,
    claim_flag: null,
    origin_source: '/voice',
    origin_event_id: 'e-1',
    origin_flow: 'callbacks',
    origin_node: 'call-back',
    origin_ordinal: 0,
    origin_key: originKey('/voice', 'e-1', { flow: 'callbacks', node: 'call-back', ordinal: 0 }),
    ...differences,
  };
}
