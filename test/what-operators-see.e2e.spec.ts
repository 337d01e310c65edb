import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { shardOf } from '#libs/domain';
import { type OutgoingRecord } from '#libs/messaging';
import { type ReadRecord, TestDeployment, type WorkerProcess } from '#libs/testing';
import { activityIn } from './support/created-tasks';
import { createData, event, recordOf } from './support/events';
import { type Sample, samplesIn, sumOf } from './support/metrics.text';
import { OtlpReceiver, type ReceivedSpan } from './support/otlp.receiver';

jest.setTimeout(240_000);

const CALL = 'conversation-events.call';
const SHARDS = 3;
/** In everything a customer says or is, in every message: nobody may find it where it does not belong. */
const CANARY = 'Zsuzsanna-Kovacs';
const traceparent = (digit: string, flags: '00' | '01' = '01'): string =>
  `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`;

const said = (data: Record<string, unknown>): Record<string, unknown> =>
  createData({
    title: `Call ${CANARY}`,
    description: `${CANARY} moves to ${CANARY} street`,
    ...data,
  });
const outcome = {
  channel: 'call',
  customer: { id: CANARY, name: CANARY, address: CANARY },
  flowId: 'booking',
  intent: `Reserve ${CANARY}`,
  result: 'failure',
  slots: { who: CANARY, [CANARY]: CANARY },
  summary: `${CANARY} said "${CANARY}"`,
  further: CANARY,
};
/** Every expression of it fails, on what the customer said. */
const FLOW = {
  id: 'stumbling',
  name: 'Stumbles over what was said',
  on: { type: 'conversation.outcome.v1' },
  nodes: [
    {
      id: 'stumble',
      kind: 'create_task',
      task: {
        type: 'follow_up',
        title: 'Call {{ outcome.slots.nobody.name }} back',
        description: '{{ outcome.summary }}',
        priority: { cel: 'outcome.slots.who', default: 'low' },
        due: { cel: 'timestamp(outcome.summary)', default: { in: 'PT1H' } },
        assignee: { cel: "{'kind': 'team', 'id': outcome.slots.who}" },
      },
    },
  ],
};

/** A customer's conversation is named after her, and so is everything else of its events. */
const subject = (n: number): string => `${CANARY}-${n}`;
const canary = (parts: Parameters<typeof recordOf>[0], differences: Partial<OutgoingRecord> = {}) =>
  recordOf({ subject: subject(0), source: `/${CANARY}`, ...parts }, differences);
const id = (name: string): string => `${CANARY}-${name}`;

const taskId = '11111111-1111-4111-8111-111111111111';

const GOOD: OutgoingRecord[] = [
  canary({
    ...{ id: id('started'), type: 'conversation.started.v1' },
    data: { channel: 'call', customer: outcome.customer },
  }),
  canary({
    ...{ id: id('message'), type: 'conversation.message.v1' },
    data: {
      ...{ channel: 'call', messageId: id('m'), text: `I am ${CANARY}` },
      from: { kind: 'customer', id: CANARY },
    },
  }),
  canary({ id: id('outcome'), type: 'conversation.outcome.v1', data: outcome }),
  canary({ id: id('traced'), traceparent: traceparent('a'), data: said({ taskId }) }),
  canary({ id: id('unsampled'), traceparent: traceparent('b', '00'), data: said({}) }),
  canary({ id: id('malformed'), traceparent: `${CANARY}`, data: said({}) }),
  canary({ id: id('untraced'), data: said({}) }),
];
/** The same identity again, with the same payload and with another one. */
const KNOWN = [
  GOOD[3]!,
  canary({ id: id('untraced'), data: said({ title: `Another ${CANARY}` }), traceparent: traceparent('c') }),
];
const REJECTED = [
  canary({ id: id('exists'), traceparent: traceparent('d'), data: said({ taskId }) }),
  canary({ id: id('nobody'), data: said({ assignee: { kind: 'agent', id: CANARY } }) }),
  canary({
    ...{ id: id('later'), type: 'task.comment.v1' },
    data: { taskId, actor: { kind: 'agent', id: CANARY }, text: CANARY },
  }),
];
const UNKNOWN = [canary({ id: id('unknown'), type: `x.${CANARY}.v1`, data: { text: CANARY } })];
/** With the code of each. */
const BROKEN: [string, OutgoingRecord][] = [
  ['not_json', { topic: CALL, key: CANARY, value: `{"name": "${CANARY}` }],
  ['invalid_string', canary({ data: said({ title: `${CANARY}\u0000` }) })],
  ['invalid_data', canary({ data: said({ priority: CANARY }) })],
  ['invalid_data', canary({ data: said({ due: { in: CANARY } }) })],
  ['invalid_data', canary({ type: 'conversation.outcome.v1', data: { ...outcome, sentiment: CANARY } })],
  ['invalid_time', canary({ time: CANARY, data: said({}) })],
  ['invalid_envelope', canary({ tenantid: `${CANARY} is no tenant`, data: said({}) })],
  [
    'wrong_channel',
    canary({ data: said({}) }, { topic: 'conversation-events.whatsapp', value: 'see below' }),
  ],
  ['duplicate_key', { topic: CALL, key: CANARY, value: `{"${CANARY}":1,"${CANARY}":2}` }],
  ['repeated_header', binary({ ce_subject: [CANARY, `${CANARY}2`] })],
  ['unsupported_content_type', binary({ 'content-type': `text/${CANARY}` })],
  ['not_applicable', canary({ id: id('check'), data: said({ title: `REFUSED ${CANARY}` }) })],
  ['not_applicable', canary({ id: id('cast'), data: said({ title: `NUMBER ${CANARY}` }) })],
];
BROKEN[7]![1].value = JSON.stringify(
  event({ subject: subject(0), data: { ...outcome }, type: 'conversation.outcome.v1' }),
);

function binary(headers: NonNullable<OutgoingRecord['headers']>): OutgoingRecord {
  const { data, ...attributes } = event({ subject: subject(0), data: said({}) });
  const own = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, String(value)]);
  return {
    ...{ topic: CALL, key: CANARY, value: JSON.stringify(data) },
    headers: { 'content-type': 'application/json', ...Object.fromEntries(own), ...headers },
  };
}

describe('what operators see', () => {
  let folder: string;
  let deployment: TestDeployment;
  let receiver: OtlpReceiver;
  let worker: WorkerProcess;
  let metrics: Sample[];
  let activities: ReadRecord[];
  let letters: ReadRecord[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'conversation-tasks-operators-'));
    receiver = await OtlpReceiver.start();
    deployment = await TestDeployment.create({ shards: SHARDS });
    await refuseSomeTitles();
    worker = await deployment.startWorker({
      env: {
        LOG_LEVEL: 'trace',
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_BSP_SCHEDULE_DELAY: '100',
        // The least: all of a batch in one transaction, and the bad of it found by halving.
        BATCH_SIZE: '500',
      },
    });
    writeFileSync(join(folder, 'flow.json'), JSON.stringify(FLOW));
    await deployment.mustCli(['flows', 'apply', join(folder, 'flow.json'), '--tenant', 'acme']);
    await deployment.publish(GOOD);
    await deployment.drained();
    await deployment.publish([...KNOWN, ...REJECTED, ...UNKNOWN, ...BROKEN.map(([, record]) => record)]);
    await deployment.drained();
    // The topics have the last of it a moment before the relay knows.
    await until(async () => sumOf(await scrape(), 'relay_distance_records') === 0);
    metrics = await scrape();
    activities = await deployment.records('task-activity');
    letters = await deployment.records('task-dead-letters');
  });
  afterAll(async () => {
    await deployment?.close();
    await receiver?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A check, and a cast that fails on what it is given, as a database's own rules would. */
  async function refuseSomeTitles(): Promise<void> {
    const { owner } = deployment.database;
    await owner.query(`alter table task add constraint refused check (title not like 'REFUSED%')`);
    await owner.query(`create function cast_title() returns trigger language plpgsql as $$
      begin perform new.title::int; return new; end $$`);
    await owner.query(`create trigger cast_title before insert on task for each row
      when (new.title like 'NUMBER%') execute function cast_title()`);
  }

  async function scrape(): Promise<Sample[]> {
    const { status, body } = await worker.probe('/metrics');
    expect(status).toBe(200);
    return samplesIn(body);
  }

  /** Looks until it is so; the machine may be busy. */
  async function until(holds: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
    const giveUpAt = Date.now() + withinMs;
    while (!(await holds())) {
      if (Date.now() > giveUpAt) throw worker.failure('did not come to it');
      await pause(100);
    }
  }

  /** A span, when it has come: it is sent a moment after it has ended. */
  async function spanOf(spanId: string): Promise<ReceivedSpan> {
    await until(() => receiver.spans.some((span) => span.spanId === spanId));
    return receiver.spans.find((span) => span.spanId === spanId)!;
  }

  describe('metrics', () => {
    it('count what became of every record', () => {
      const outcomes = ['applied', 'duplicate', 'rejected', 'dead_letter', 'skipped'];
      expect(outcomes.map((outcome) => sumOf(metrics, 'events_total', { outcome }))).toEqual([
        ...[GOOD.length, KNOWN.length, REJECTED.length, BROKEN.length, UNKNOWN.length],
      ]);
      expect(sumOf(metrics, 'events_other_payload_total')).toBe(1);
      // The outcome's, and four commands'.
      expect(sumOf(metrics, 'tasks_created_total')).toBe(5);
      expect(sumOf(metrics, 'flow_warnings_total')).toBeGreaterThanOrEqual(3);
      expect(
        ['task_exists', 'unknown_assignee', 'not_allowed', 'stale_version'].map((code) =>
          sumOf(metrics, 'rejections_total', { code }),
        ),
      ).toEqual([1, 1, 1, 0]);
    });

    it('count dead letters by code', () => {
      const expected = new Map<string, number>();
      for (const [code] of BROKEN) expected.set(code, (expected.get(code) ?? 0) + 1);
      const counted = metrics.filter(
        ({ name, value }) => name === 'conversation_tasks_dead_letters_total' && value > 0,
      );
      expect(new Map(counted.map(({ labels, value }) => [labels.code, value]))).toEqual(expected);
      expect(counted.find(({ labels }) => labels.code === 'not_applicable')!.labels.stage).toBe('apply');
    });

    it('time batches, transactions and the wait for the lock', () => {
      expect(sumOf(metrics, 'batch_records_sum', { topic: CALL })).toBeGreaterThanOrEqual(GOOD.length);
      const committed = sumOf(metrics, 'shard_transactions_total', { result: 'committed' });
      const failed = sumOf(metrics, 'shard_transactions_total', { result: 'failed' });
      expect(failed).toBeGreaterThanOrEqual(2); // the two titles, alone at last
      expect(sumOf(metrics, 'shard_transaction_duration_seconds_count')).toBe(committed);
      expect(sumOf(metrics, 'shard_lock_wait_seconds_count')).toBe(committed + failed);
      expect(sumOf(metrics, 'batch_duration_seconds_sum', { topic: CALL })).toBeGreaterThan(
        sumOf(metrics, 'shard_lock_wait_seconds_sum'),
      );
    });

    it('say that nothing is left to do, and who is connected', () => {
      expect(sumOf(metrics, 'shards')).toBe(SHARDS);
      expect(sumOf(metrics, 'assigned_partitions')).toBe(3 * SHARDS + 1);
      const distances = metrics.filter(({ name }) => name === 'conversation_tasks_relay_distance_records');
      expect(distances.map(({ value }) => value)).toEqual(new Array(2 * SHARDS).fill(0));
      expect(sumOf(metrics, 'relay_published_records_total', { log: 'activity' })).toBe(activities.length);
      expect(sumOf(metrics, 'input_lag_records')).toBe(0);
      expect(sumOf(metrics, 'input_lag_seconds')).toBe(0);
      expect(sumOf(metrics, 'database_pool_connections', { pool: 'application' })).toBeGreaterThan(0);
      expect(metrics.some(({ name }) => name === 'nodejs_eventloop_lag_p99_seconds')).toBe(true);
    });

    it('have no label that a message could bring', async () => {
      const { body } = await worker.probe('/metrics');
      expect(body).not.toMatch(/Kovacs|acme|conv-/i);
      const own = metrics.filter(({ name }) => name.startsWith('conversation_tasks_'));
      expect(own.length).toBeLessThan(600);
    });
  });

  describe('the log', () => {
    it('is a JSON object a line', () => {
      const lines = worker.log.split('\n').filter(Boolean);
      expect(lines.length).toBeGreaterThan(20);
      for (const line of lines)
        expect(JSON.parse(line)).toMatchObject({
          service: 'conversation-tasks-worker',
          level: expect.any(Number),
          msg: expect.stringMatching(/./),
        });
    });

    it('has nothing of what customers say or are, at any level, whatever became of it', () => {
      expect(worker.log).toContain('with dead letters'); // it did say something
      expect(worker.log.split('\n').filter((line) => /Kovacs/i.test(line))).toEqual([]);
    });

    it('names the traces that a batch belongs to, where it speaks of it', async () => {
      const applied = worker.logLines().filter(({ msg }) => msg?.startsWith('applied')) as unknown as {
        trace_id: string;
        span_id: string;
        trace_ids?: string[];
      }[];
      const line = applied.find(({ trace_ids }) => trace_ids?.includes('a'.repeat(32)))!;
      const span = await spanOf(line.span_id);
      expect([span.name, span.traceId]).toEqual([`process batch ${CALL}`, line.trace_id]);
    });
  });

  describe('a dead letter', () => {
    it('says why in words that are not the customer’s', () => {
      expect(letters.map(({ headers }) => headers['errors.code']).sort()).toEqual(
        BROKEN.map(([code]) => code).sort(),
      );
      for (const { headers } of letters) {
        const added = Object.entries(headers).filter(([name]) => name.startsWith('errors.'));
        expect(added).toHaveLength(8);
        expect(JSON.stringify(added)).not.toMatch(/Kovacs/i);
      }
    });

    it('of what the database refused says what it was, with the names of the schema', () => {
      const messages = letters
        .filter(({ headers }) => headers['errors.code'] === 'not_applicable')
        .map(({ headers }) => headers['errors.message']);
      expect(messages).toEqual([
        'new row for relation (SQLSTATE 23514), table task, constraint refused',
        'invalid input syntax for type integer: (SQLSTATE 22P02)',
      ]);
    });
  });

  describe('traces', () => {
    const named = (name: string): ReceivedSpan[] => receiver.spans.filter((span) => span.name === name);
    const publishedFor = (event: string): ReadRecord =>
      activities.find((record) => activityIn(record).cause.id === id(event))!;

    it('go on through the service: what an event leads to is the child of our span in the event’s own trace', async () => {
      const [, traceId, spanId, flags] = publishedFor('traced').headers.traceparent!.split('-');
      expect([traceId, flags]).toEqual(['a'.repeat(32), '01']);
      expect(await spanOf(spanId!)).toMatchObject({
        name: `process ${CALL}`,
        traceId: 'a'.repeat(32),
        parentSpanId: 'a'.repeat(16),
      });
    });

    it('go on with a rejection, too', async () => {
      const rejections = await deployment.records('task-rejections');
      const own = rejections.filter(({ headers }) => headers.traceparent !== undefined);
      const [, traceId, spanId] = own[0]!.headers.traceparent!.split('-');
      expect([own.length, traceId]).toEqual([1, 'd'.repeat(32)]);
      expect((await spanOf(spanId!)).parentSpanId).toBe('d'.repeat(16));
    });

    it('are left as they came where nobody records them, and not begun where there is none', () => {
      expect(publishedFor('unsampled').headers.traceparent).toBe(traceparent('b', '00'));
      expect(publishedFor('malformed').headers.traceparent).toBeUndefined();
      expect(publishedFor('untraced').headers.traceparent).toBeUndefined();
    });

    it('have a span a batch with links to its events, the transaction as its child, and the event’s span linked to it', async () => {
      const [, , spanId] = publishedFor('traced').headers.traceparent!.split('-');
      const own = await spanOf(spanId!);
      const transaction = await spanOf(own.links![0]!.spanId);
      const batch = await spanOf(transaction.parentSpanId!);
      expect(transaction.name).toBe('shard transaction');
      expect([batch.name, batch.traceId]).toEqual([`process batch ${CALL}`, transaction.traceId]);
      expect(batch.links!.map(({ traceId }) => traceId)).toContain('a'.repeat(32));
    });

    it('have a span for what the relay publishes, with links to what it continues', async () => {
      const [, , spanId] = publishedFor('traced').headers.traceparent!.split('-');
      const sent = () => named(`send ${deployment.topicPrefix}task-activity`);
      await until(() => sent().some(({ links = [] }) => links.some((link) => link.spanId === spanId)));
    });

    it('say nothing of what customers say or are', async () => {
      await until(() => named(`process ${CALL}`).length >= 2); // what was applied, and what was rejected
      expect(receiver.bodies.filter((body) => /Kovacs/i.test(body))).toEqual([]);
    });
  });

  // Takes the lock, so it comes last.
  it('a partition that stands still shows it: lag in records and in time, and time waited for the database', async () => {
    const conversation = 'stuck';
    const labels = { topic: CALL, partition: shardOf(conversation, SHARDS) };
    const creations = (count: number): OutgoingRecord[] =>
      Array.from({ length: count }, () => recordOf({ subject: conversation, data: createData() }));
    const lock = deployment.database.operator.createQueryRunner();
    await lock.query('select pg_advisory_lock($1, $2)', [0x7a5c, labels.partition]);
    try {
      // One alone is never given up for being slow, and waits: several would be halved first.
      await deployment.publish(creations(1));
      await until(async () => sumOf(await scrape(), 'input_lag_records', labels) > 0);
      await deployment.publish(creations(3)); // which nobody fetches
      await until(async () => sumOf(await scrape(), 'input_lag_records', labels) === 4);
      await until(async () => sumOf(await scrape(), 'outage_wait_seconds_total', { system: 'database' }) > 0);
      expect(sumOf(await scrape(), 'input_lag_seconds', labels)).toBeGreaterThan(5);
      expect(worker.logLines().some(({ msg }) => msg?.startsWith('waiting'))).toBe(true);
    } finally {
      await lock.query('select pg_advisory_unlock_all()');
      await lock.release();
    }
    await deployment.drained();
    await until(async () => sumOf(await scrape(), 'input_lag_records', labels) === 0);
    expect(sumOf(await scrape(), 'input_lag_seconds', labels)).toBe(0);
    const { stdout } = await deployment.cli(['verify', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  });

  it('an error that nobody catches ends the worker without what it quotes', async () => {
    const failing = deployment.spawnWorker({
      env: { THROWN_CONTENT: CANARY, LOG_LEVEL: 'trace' },
      preload: [join(__dirname, 'fault', 'throw-with-content.cjs')],
    });
    expect(await failing.exited).toMatchObject({ code: 1 });
    expect(failing.log).toContain('SyntaxError');
    expect(failing.log).not.toMatch(/Kovacs/i);
  });
});
