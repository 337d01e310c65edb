// What the machine can do: bare kafkajs `eachBatch`, bare `unnest` inserts of the rows the service writes for a creation, bare
// produce of the same activities. No validation, no rules, no lock, no identity asked for: it is fast and wrong.
import { createHash, randomUUID } from 'node:crypto';
import { type EachBatchPayload, Partitioners } from 'kafkajs';
import { Pool } from 'pg';
import { createKafka } from '#libs/messaging';

const {
  KAFKA_BROKERS,
  KAFKA_GROUP_ID,
  TOPIC_PREFIX,
  CEILING_DATABASE_URL,
  CEILING_CONCURRENCY = '4',
} = process.env;
const silent = { log: () => undefined, warn: () => undefined, error: console.error, debug: () => undefined };
const kafka = createKafka({ brokers: KAFKA_BROKERS!.split(','), clientId: 'ceiling' }, silent);
const pool = new Pool({ connectionString: CEILING_DATABASE_URL, max: 10 });
const producer = kafka.producer({
  createPartitioner: Partitioners.DefaultPartitioner,
  allowAutoTopicCreation: false,
});
/** As many as the service takes in one transaction. */
const BATCH = 500;
/** LZ4, as the service has it. */
const COMPRESSION = 3;
const positions = new Map<number, number>();

interface Create {
  type: string;
  priority: string;
  title: string;
  description: string;
  actor: { kind: string; id: string };
}

/** `[column, type, values]` of one table, inserted with one statement. */
type Columns = readonly (readonly [name: string, type: string, values: unknown[]])[];

async function insert(
  client: { query(sql: string, values: unknown[]): Promise<unknown> },
  table: string,
  columns: Columns,
) {
  const names = columns.map(([name]) => `"${name}"`).join(', ');
  const arrays = columns.map(([, type], i) => `$${i + 1}::${type}[]`).join(', ');
  const values = columns.map(([, , each]) => each);
  await client.query(
    `insert into ${table} (${names}) select * from unnest(${arrays}) on conflict do nothing`,
    values,
  );
}

function rowsOf(partition: number, messages: EachBatchPayload['batch']['messages'], topic: string) {
  const recordedAt = new Date().toISOString();
  return messages.map(({ value, headers, offset }) => {
    const data = JSON.parse(value!.toString()) as Create;
    const header = (name: string): string => String(headers![name]);
    const time = header('ce_time');
    const [id, source, conversationId, tenantId] = ['ce_id', 'ce_source', 'ce_subject', 'ce_tenantid'].map(
      header,
    ) as [string, string, string, string];
    const taskId = randomUUID();
    const position = (positions.get(partition) ?? 0) + 1;
    positions.set(partition, position);
    const { actor, type, priority, title, description } = data;
    const dueAt = new Date(Date.parse(time) + 4 * 3_600_000).toISOString();
    const draft = { type, priority, title, description, dueAt, status: 'to_do' };
    const task = {
      id: taskId,
      tenantId,
      conversationId,
      channel: 'call',
      ...draft,
      assignee: null,
      claimedBy: null,
      createdBy: actor,
      createdAt: time,
      updatedAt: time,
      startedAt: null,
      resolvedAt: null,
      resolution: null,
      overdue: false,
      version: 1,
    };
    const cause = { source, id, topic, partition, offset: Number(offset) };
    const changes = Object.entries(draft).map(([field, to]) => ({ field, from: null, to }));
    const activity = JSON.stringify({
      taskId,
      conversationId,
      channel: 'call',
      sequence: 1,
      actor,
      changes,
      task,
      cause,
    });
    const hash = createHash('sha256').update(value!).digest();
    return {
      id,
      source,
      tenantId,
      time,
      recordedAt,
      conversationId,
      position,
      task,
      activity,
      hash,
      partition,
      offset,
    };
  });
}

type Row = ReturnType<typeof rowsOf>[number];

async function store(rows: Row[], shard: number): Promise<void> {
  const all = <T>(value: (row: Row) => T): T[] => rows.map(value);
  const client = await pool.connect();
  try {
    await client.query('begin');
    await insert(client, 'conversation', [
      ['tenant_id', 'text', all((r) => r.tenantId)],
      ['id', 'text', all((r) => r.conversationId)],
      ['shard', 'smallint', all(() => shard)],
      ['channel', 'text', all(() => 'call')],
      ['first_event_at', 'timestamptz', all((r) => r.time)],
    ]);
    await insert(client, 'applied_event', [
      ['tenant_id', 'text', all((r) => r.tenantId)],
      ['source', 'text', all((r) => r.source)],
      ['event_id', 'text', all((r) => r.id)],
      ['type', 'text', all(() => 'task.create.v1')],
      ['became', 'text', all(() => 'applied')],
      ['payload_hash', 'bytea', all((r) => r.hash)],
      ['shard', 'smallint', all(() => shard)],
      ['conversation_id', 'text', all((r) => r.conversationId)],
      ['topic', 'text', all(() => 'conversation-events.call')],
      ['partition', 'integer', all((r) => r.partition)],
      ['offset', 'bigint', all((r) => r.offset)],
      ['recorded_at', 'timestamptz', all((r) => r.recordedAt)],
    ]);
    await insert(client, 'task', [
      ['tenant_id', 'text', all((r) => r.tenantId)],
      ['id', 'uuid', all((r) => r.task.id)],
      ['shard', 'smallint', all(() => shard)],
      ['conversation_id', 'text', all((r) => r.conversationId)],
      ['channel', 'text', all(() => 'call')],
      ['type', 'text', all((r) => r.task.type)],
      ['priority', 'text', all((r) => r.task.priority)],
      ['status', 'text', all((r) => r.task.status)],
      ['due_at', 'timestamptz', all((r) => r.task.dueAt)],
      ['title', 'text', all((r) => r.task.title)],
      ['description', 'text', all((r) => r.task.description)],
      ['created_by_kind', 'text', all((r) => r.task.createdBy.kind)],
      ['created_by_id', 'text', all((r) => r.task.createdBy.id)],
      ['created_at', 'timestamptz', all((r) => r.time)],
      ['updated_at', 'timestamptz', all((r) => r.time)],
      ['overdue', 'boolean', all(() => false)],
      ['version', 'integer', all(() => 1)],
      ['origin_source', 'text', all((r) => r.source)],
      ['origin_event_id', 'text', all((r) => r.id)],
      ['origin_key', 'bytea', all((r) => r.hash)],
    ]);
    await insert(client, 'activity_log', [
      ['shard', 'smallint', all(() => shard)],
      ['position', 'bigint', all((r) => r.position)],
      ['tenant_id', 'text', all((r) => r.tenantId)],
      ['task_id', 'uuid', all((r) => r.task.id)],
      ['sequence', 'integer', all(() => 1)],
      ['conversation_id', 'text', all((r) => r.conversationId)],
      ['type', 'text', all(() => 'task.created.v1')],
      ['occurred_at', 'timestamptz', all((r) => r.time)],
      ['recorded_at', 'timestamptz', all((r) => r.recordedAt)],
      ['cause_source', 'text', all((r) => r.source)],
      ['cause_id', 'text', all((r) => r.id)],
      ['data', 'json', all((r) => r.activity)],
    ]);
    await client.query('commit');
  } finally {
    client.release();
  }
}

/** The headers the service gives an activity. */
function messageOf(row: Row) {
  return {
    key: row.task.id,
    value: row.activity,
    partition: row.partition,
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: `${row.task.id}:1`,
      ce_source: '/conversation-tasks',
      ce_type: 'task.created.v1',
      ce_subject: row.task.id,
      ce_time: row.time,
      ce_tenantid: row.tenantId,
      ce_recordedtime: row.recordedAt,
      ce_causationid: `${row.source}#${row.id}`,
      ce_correlationid: row.conversationId,
      ce_sequence: '1',
      position: String(row.position),
    },
  };
}

async function eachBatch({
  batch,
  resolveOffset,
  heartbeat,
  commitOffsetsIfNecessary,
}: EachBatchPayload): Promise<void> {
  for (let start = 0; start < batch.messages.length; start += BATCH) {
    const rows = rowsOf(batch.partition, batch.messages.slice(start, start + BATCH), batch.topic);
    await store(rows, batch.partition);
    await producer.send({
      topic: `${TOPIC_PREFIX}task-activity`,
      messages: rows.map(messageOf),
      acks: -1,
      compression: COMPRESSION,
    });
    resolveOffset(rows.at(-1)!.offset);
    await commitOffsetsIfNecessary();
    await heartbeat();
  }
}

async function main(): Promise<void> {
  await producer.connect();
  const consumer = kafka.consumer({ groupId: KAFKA_GROUP_ID!, minBytes: 1, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [`${TOPIC_PREFIX}conversation-events.call`], fromBeginning: true });
  await consumer.run({
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: Number(CEILING_CONCURRENCY),
    eachBatch,
  });
  process.on('SIGTERM', () => process.exit(0));
}

void main();
