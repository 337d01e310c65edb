import { shardOf } from '#libs/domain';
import { type OutgoingRecord } from '#libs/messaging';
import { type ReadRecord, TestDeployment } from '#libs/testing';
import { activityIn } from './support/created-tasks';
import { dialogueWith } from './support/dialogue';
import { createData, event, recordOf } from './support/events';
import { agent, BOOKINGS, OFFICE } from './support/office';

jest.setTimeout(180_000);

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const CALL = 'conversation-events.call';

describe('commands that create tasks, and what else comes on the stream', () => {
  let deployment: TestDeployment;
  const { given, activitiesBecauseOf, rejectionsBecauseOf } = dialogueWith(() => deployment);

  beforeAll(async () => {
    deployment = await TestDeployment.create({ shards: 3 });
    await deployment.publish([OFFICE, BOOKINGS, agent('eli')]);
    await deployment.startWorker();
  });
  afterAll(() => deployment?.close());

  describe('task.create.v1', () => {
    // 15:30 on a Friday in New York.
    const time = '2026-03-06T20:30:00Z';
    const DUES: [what: string, due: unknown, dueAt: string | null][] = [
      ['a moment', { at: '2026-03-06T23:00:00.1239+02:00' }, '2026-03-06T21:00:00.123Z'],
      ['a duration', { in: 'PT90M' }, '2026-03-06T22:00:00.000Z'],
      ['a duration of days and hours', { in: 'P1DT2H' }, '2026-03-07T22:30:00.000Z'],
      // Until 17:00 an hour and a half; Monday is a holiday; Tuesday, in summer time by then, half an hour.
      [
        'working time over a weekend, a holiday and the change of clocks',
        { in: 'PT2H', calendar: 'office' },
        '2026-03-10T13:30:00.000Z',
      ],
      ['null', null, null],
      ['nothing', undefined, null],
    ];

    beforeAll(async () => {
      await given(
        ...DUES.map(([what, due]) =>
          recordOf({ id: `due: ${what}`, time, subject: 'conv-due', data: createData({ due }) }),
        ),
      );
    });

    test.each(DUES)('due as %s', async (what, _, dueAt) => {
      const [activity, ...more] = await activitiesBecauseOf(`due: ${what}`);
      expect(more).toEqual([]);
      expect(activityIn(activity!).task.dueAt).toBe(dueAt);
      const rows = await deployment.query<{ due_at: Date | null }>(
        `select due_at from task where origin_event_id = $1`,
        [`due: ${what}`],
      );
      expect(rows.map(({ due_at }) => due_at?.toISOString() ?? null)).toEqual([dueAt]);
    });

    test('gives the task every field of the command, and the event’s time and conversation', async () => {
      const data = createData({ description: 'As promised', assignee: { kind: 'team', id: 'bookings' } });
      await given(
        recordOf(
          { id: 'all-fields', subject: 'conv-fields', time, data },
          { topic: 'conversation-events.whatsapp' },
        ),
      );
      const [activity] = await activitiesBecauseOf('all-fields');
      expect(activityIn(activity!)).toMatchObject({
        conversationId: 'conv-fields',
        channel: 'whatsapp',
        sequence: 1,
        actor: { kind: 'agent', id: 'eli' },
        task: {
          ...{
            tenantId: 'acme',
            conversationId: 'conv-fields',
            channel: 'whatsapp',
            status: 'to_do',
            version: 1,
          },
          ...{ type: 'follow_up', priority: 'high', title: 'Call back', description: 'As promised' },
          ...{ assignee: { kind: 'team', id: 'bookings' }, createdBy: { kind: 'agent', id: 'eli' } },
          ...{ createdAt: '2026-03-06T20:30:00.000Z', updatedAt: '2026-03-06T20:30:00.000Z', overdue: false },
        },
        cause: { source: '/test', id: 'all-fields', topic: 'conversation-events.whatsapp' },
      });
    });

    test('the caller’s own id in upper case is the same id in lower case', async () => {
      const taskId = '6F1C2E9A-3B4D-4C5E-8F60-718293A4B5C6';
      await given(recordOf({ id: 'upper', subject: 'conv-own', data: createData({ taskId }) }));
      const [activity] = await activitiesBecauseOf('upper');
      expect(String(activity!.key)).toBe(taskId.toLowerCase());
      expect(activityIn(activity!)).toMatchObject({
        taskId: taskId.toLowerCase(),
        task: { id: taskId.toLowerCase() },
      });

      await given(
        recordOf({ id: 'lower', subject: 'conv-own', data: createData({ taskId: taskId.toLowerCase() }) }),
      );
      expect((await rejectionsBecauseOf('lower')).map(({ data }) => data.code)).toEqual(['task_exists']);
    });
  });

  describe('what the rules refuse is rejected', () => {
    const taskId = '11111111-2222-4333-8444-555555555555';
    const REFUSED: [code: string, id: string, data: Record<string, unknown>][] = [
      ['task_exists', 'again', createData({ taskId })],
      ['unknown_assignee', 'agent', createData({ assignee: { kind: 'agent', id: 'nobody' } })],
      ['unknown_assignee', 'team', createData({ assignee: { kind: 'team', id: 'eli' } })],
      ['invalid_due', 'calendar', createData({ due: { in: 'PT1H', calendar: 'nowhere' } })],
      ['invalid_due', 'days', createData({ due: { in: 'P1D', calendar: 'office' } })],
    ];
    const subject = 'conv-refused';

    beforeAll(async () => {
      await given(recordOf({ subject: 'conv-elsewhere', data: createData({ taskId }) }));
      await given(
        ...REFUSED.map(([, id, data]) =>
          recordOf({ id: `refused-${id}`, subject, traceparent: TRACEPARENT, data }),
        ),
      );
    });

    test.each(REFUSED)('as %s (%s), on task-rejections, and makes no task', async (code, id, data) => {
      const [rejection, ...more] = await rejectionsBecauseOf(`refused-${id}`);
      expect(more).toEqual([]);
      const { headers, key, partition } = rejection!;
      expect(rejection!.data).toEqual({
        code,
        detail: expect.stringMatching(/\w/),
        command: {
          type: 'task.create.v1',
          subject,
          time: '2026-03-02T10:00:00.000Z',
          data: JSON.parse(JSON.stringify(data)),
        },
        cause: {
          source: '/test',
          id: `refused-${id}`,
          topic: CALL,
          partition: shardOf(subject, 3),
          offset: expect.any(Number),
        },
      });
      expect(headers).toMatchObject({
        ...{ ce_type: 'task.command_rejected.v1', ce_tenantid: 'acme', traceparent: TRACEPARENT },
        ...{ ce_causationid: `/test#refused-${id}`, ce_correlationid: subject },
      });
      expect({ key: String(key), partition }).toEqual({ key: subject, partition: shardOf(subject, 3) });
      expect(await activitiesBecauseOf(`refused-${id}`)).toEqual([]);
    });

    test('and stays so: the same event is a duplicate, also when the world has changed; a new event is decided anew', async () => {
      const data = createData({ assignee: { kind: 'agent', id: 'newcomer' } });
      await given(recordOf({ id: 'early', subject, data }));
      expect(await rejectionsBecauseOf('early')).toHaveLength(1);

      await given(agent('newcomer'));
      await given(recordOf({ id: 'early', subject, data }));
      await given(recordOf({ id: 'late', subject, data }));

      expect(await rejectionsBecauseOf('early')).toHaveLength(1);
      expect(await activitiesBecauseOf('early')).toEqual([]);
      expect(await activitiesBecauseOf('late')).toHaveLength(1);
      expect(await rejectionsBecauseOf('late')).toEqual([]);
    });

    test('positions are contiguous, one more than the offset', async () => {
      const records = await deployment.records('task-rejections');
      expect(records.length).toBeGreaterThan(0);
      for (const { offset, headers } of records) expect(headers.position).toBe(String(offset + 1));
    });
  });

  test('two tenants with the same ids do not meet', async () => {
    const taskId = '77777777-2222-4333-8444-555555555555';
    const subject = 'conv-both';
    const data = createData({ taskId, assignee: { kind: 'agent', id: 'eli' } });
    const said = (text: string) => ({
      channel: 'call',
      messageId: 'm-1',
      from: { kind: 'customer', id: 'c-1' },
      text,
    });
    const from = (tenantid: string) => [
      recordOf({
        id: 'said',
        tenantid,
        subject,
        type: 'conversation.message.v1',
        data: said(`to ${tenantid}`),
      }),
      recordOf({ id: 'without', tenantid, subject, data: createData({ taskId, title: `for ${tenantid}` }) }),
      recordOf({ id: 'with', tenantid, subject, data: { ...data, taskId: undefined } }),
    ];
    await given(...from('acme'), ...from('other'));

    const messages = await deployment.query(
      `select tenant_id as tenant, text from conversation_message where conversation_id = $1 order by 1`,
      [subject],
    );
    expect(messages).toEqual([
      { tenant: 'acme', text: 'to acme' },
      { tenant: 'other', text: 'to other' },
    ]);
    const tasks = await deployment.query(
      `select tenant_id as tenant, title from task where id = $1 order by 1`,
      [taskId],
    );
    expect(tasks).toEqual([
      { tenant: 'acme', title: 'for acme' },
      { tenant: 'other', title: 'for other' },
    ]);
    // Eli works for acme alone.
    const tenants = (records: ReadRecord[]) => records.map(({ headers }) => headers.ce_tenantid);
    expect(tenants(await activitiesBecauseOf('with'))).toEqual(['acme']);
    expect(tenants(await rejectionsBecauseOf('with'))).toEqual(['other']);
  });

  describe('what cannot be read', () => {
    const subject = 'conv-broken';
    const message = (messageId: string, text: string) =>
      recordOf({
        type: 'conversation.message.v1',
        subject,
        data: { messageId, channel: 'call', from: { kind: 'agent', id: 'eli' }, text },
      });
    const bad = (value: OutgoingRecord['value'], headers = {}): OutgoingRecord => ({
      topic: CALL,
      key: subject,
      value,
      headers,
    });
    const BROKEN: [what: string, stage: string, code: string, record: OutgoingRecord][] = [
      ['not JSON', 'decode', 'not_json', bad('{"specversion":"1.0",', { own: 'kept' })],
      ['not UTF-8', 'decode', 'invalid_utf8', bad(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]))],
      ['300 KiB', 'decode', 'too_large', message('m-large', 'x'.repeat(300 * 1024))],
      ['a null value', 'decode', 'missing_value', bad(null)],
      ['no CloudEvent', 'decode', 'not_cloudevent', bad('{"hello":"world"}')],
      [
        'another channel',
        'validate',
        'wrong_channel',
        recordOf({ subject, data: createData({ channel: 'whatsapp' }) }),
      ],
      [
        'another version',
        'validate',
        'unsupported_version',
        recordOf({ subject, type: 'task.create.v2', data: createData() }),
      ],
      [
        'an unknown priority',
        'validate',
        'invalid_data',
        recordOf({ subject, data: createData({ priority: 'urgent' }) }),
      ],
      [
        'U+0000',
        'validate',
        'invalid_string',
        recordOf({ subject, data: createData({ title: 'a\u0000b' }) }),
      ],
      [
        '30 February',
        'validate',
        'invalid_time',
        recordOf({ subject, time: '2026-02-30T10:00:00Z', data: createData() }),
      ],
      [
        'no subject',
        'validate',
        'invalid_envelope',
        bad(JSON.stringify({ ...event({ data: createData() }), subject: undefined })),
      ],
    ];
    let letters: ReadRecord[];
    let before: number;

    beforeAll(async () => {
      before = (await deployment.rowCounts()).task;
      // Each between two messages that are well.
      await given(
        ...BROKEN.flatMap(([, , , record], i) => [message(`m-${i}`, `before ${i}`), record]),
        message('m-end', 'the end'),
      );
      letters = await deployment.records('task-dead-letters');
    });

    test.each(BROKEN)('%s: is dead-lettered at %s as %s, byte for byte', async (_, stage, code, record) => {
      const value = record.value === null ? null : Buffer.from(record.value);
      const [letter, ...more] = letters.filter((each) => sameBytes(each.value, value));
      expect(more).toEqual([]);
      expect(String(letter!.key)).toBe(subject);
      expect(letter!.headers).toEqual({
        ...(record.headers as Record<string, string> | undefined),
        'errors.topic': CALL,
        'errors.partition': String(shardOf(subject, 3)),
        'errors.offset': expect.stringMatching(/^\d+$/),
        'errors.stage': stage,
        'errors.code': code,
        'errors.message': expect.stringMatching(/\w/),
        'errors.at': expect.stringMatching(/^\d{4}-.*Z$/),
        'errors.attempt': '1',
      });
      const input = await deployment.records(CALL);
      const original = input.find(
        ({ partition, offset }) =>
          partition === Number(letter!.headers['errors.partition']) &&
          offset === Number(letter!.headers['errors.offset']),
      );
      expect(sameBytes(original!.value, value)).toBe(true);
    });

    test('harms nothing beside it, and has no effect', async () => {
      expect(letters).toHaveLength(BROKEN.length);
      const stored = await deployment.query<{ id: string }>(
        `select message_id as id from conversation_message where conversation_id = $1`,
        [subject],
      );
      const sent = ['m-end', ...BROKEN.map((_, i) => `m-${i}`)];
      expect(new Set(stored.map(({ id }) => id))).toEqual(new Set(sent));
      expect((await deployment.rowCounts()).task).toBe(before);
    });
  });

  test.each([
    ['no key', null],
    ['another key than the subject', 'somebody-else'],
  ])('a record with %s is applied, in the shard of its conversation', async (what, key) => {
    const subject = 'conv-keyless';
    await given(recordOf({ id: `key: ${what}`, subject, data: createData() }, { key }));
    const [activity] = await activitiesBecauseOf(`key: ${what}`);
    expect(activity!.partition).toBe(shardOf(subject, 3));
  });

  test('a traceparent goes in and comes out, in either binding', async () => {
    const structured = recordOf({ id: 'traced', traceparent: TRACEPARENT, data: createData() });
    const { data: _, ...attributes } = event({ id: 'traced-binary' });
    const binary: OutgoingRecord = {
      ...{ topic: CALL, key: 'conv-1', value: JSON.stringify(createData()) },
      headers: {
        ...Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [`ce_${name}`, String(value)]),
        ),
        'content-type': 'application/json',
        traceparent: TRACEPARENT,
      },
    };
    await given(structured, binary, recordOf({ id: 'untraced', data: createData() }));
    const traces = async (id: string) =>
      (await activitiesBecauseOf(id)).map(({ headers }) => headers.traceparent);
    expect(await traces('traced')).toEqual([TRACEPARENT]);
    expect(await traces('traced-binary')).toEqual([TRACEPARENT]);
    expect(await traces('untraced')).toEqual([undefined]);
  });

  test('a type nobody knows is skipped, in whatever form, without a trace', async () => {
    const before = { rows: await deployment.rowCounts(), ends: await deployment.outputEnds() };
    await given(
      recordOf({ type: 'conversation.transcribed.v1', subject: 'conv-unknown', data: { anything: true } }),
      recordOf({ type: 'com.example.other', subject: 'conv-unknown', time: 'yesterday' }),
    );
    expect({ rows: await deployment.rowCounts(), ends: await deployment.outputEnds() }).toEqual(before);
  });

  test('after all of it, verify finds tasks, logs and topics in agreement', async () => {
    await deployment.mustCli(['verify']);
  });
});

function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}
