import { readFileSync } from 'node:fs';
import { LIMITS } from '#libs/contracts';
import { EventProducer, type OutgoingRecord } from '#libs/messaging';
import { type ReadRecord, TestDeployment, type WorkerProcess } from '#libs/testing';
import { createData, event, type EventParts, recordOf } from './support/events';

jest.setTimeout(180_000);

const TOPIC = 'conversation-events.call';
const KIB = 1024;

type Case = readonly [name: string, stage: string, code: string, record: OutgoingRecord];

const raw = (value: string | Buffer | null, headers?: OutgoingRecord['headers']): OutgoingRecord => ({
  topic: TOPIC,
  key: 'conv-1',
  value,
  headers,
});
const create = (data: Record<string, unknown>): OutgoingRecord => recordOf({ data: createData(data) });
const enveloped = (parts: EventParts): OutgoingRecord => recordOf({ data: createData(), ...parts });
/** An outcome with this JSON text in a slot: any JSON is allowed there. */
const slot = (json: string): OutgoingRecord => {
  const data = { channel: 'call', flowId: 'f', intent: 'i', result: 'r', slots: { x: 'HERE' } };
  const { value, ...record } = recordOf({ type: 'conversation.outcome.v1', data });
  return { ...record, value: String(value).replace('"HERE"', () => json) };
};
const ofType = (type: string, data: unknown): OutgoingRecord => recordOf({ type, data });
/** In binary mode, the attributes of an unremarkable creation but for these. */
function binary(changes: Record<string, string | Buffer>, value?: string | Buffer | null): OutgoingRecord {
  const { data, ...attributes } = event({ data: createData() });
  const headers = Object.entries(attributes).map(([name, text]) => [`ce_${name}`, String(text)]);
  const all = { 'content-type': 'application/json', ...Object.fromEntries(headers), ...changes };
  return raw(value === undefined ? JSON.stringify(data) : value, all);
}
const withText = (bytes: number): OutgoingRecord =>
  ofType('conversation.message.v1', {
    channel: 'call',
    messageId: 'm-1',
    from: { kind: 'customer', id: 'c' },
    text: 'x'.repeat(bytes),
  });
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const manyKeys = (count: number): string =>
  `{${Array.from({ length: count }, (_, i) => `"${i.toString(36)}":0`).join(',')}}`;
const padded = (bytes: number): string => {
  const text = String(slot('""').value);
  return text.replace('"x":""', `"x":"${'x'.repeat(bytes - text.length)}"`);
};

/** What the issue of bad input comes to: each by name, with where and why it has to end. */
const CASES: Case[] = [
  ['text that is not JSON', 'decode', 'not_json', raw('call the customer back')],
  ['JSON that ends too early', 'decode', 'not_json', raw('{"specversion":"1.0","id":"a"')],
  ['an empty value', 'decode', 'not_json', raw('')],
  ['JSON data that is not JSON, in binary mode', 'decode', 'not_json', binary({}, '{"type":')],
  ['JSON that is no CloudEvent', 'decode', 'not_cloudevent', raw('{"task":"call back"}')],
  ['a JSON list', 'decode', 'not_cloudevent', raw('[1,2,3]')],
  [
    'a batch of CloudEvents',
    'decode',
    'unsupported_content_type',
    raw('[]', { 'content-type': 'application/cloudevents-batch+json' }),
  ],
  [
    'a content type that is not JSON',
    'decode',
    'unsupported_content_type',
    binary({ 'content-type': 'application/avro' }),
  ],
  ['CloudEvents 0.3', 'decode', 'unsupported_specversion', binary({ ce_specversion: '0.3' })],
  ['no value', 'decode', 'missing_value', raw(null)],
  ['no value, in binary mode', 'decode', 'missing_value', binary({}, null)],
  ['no id', 'validate', 'invalid_envelope', binary({ ce_id: '' })],
  ['a number for a title', 'validate', 'invalid_data', create({ title: 7 })],
  ['a list for data', 'validate', 'invalid_data', ofType('task.create.v1', [])],
  ['a text for an actor', 'validate', 'invalid_data', create({ actor: 'eli' })],
  ['an unknown priority', 'validate', 'invalid_data', create({ priority: 'urgent' })],
  [
    'a channel that is not the topic’s',
    'validate',
    'wrong_channel',
    ofType('conversation.ended.v1', { channel: 'message', reason: 'done' }),
  ],
  [
    'an unknown version of a known type',
    'validate',
    'unsupported_version',
    ofType('task.create.v2', createData()),
  ],
  ['a type of another topic', 'validate', 'wrong_topic', ofType('workforce.agent.v1', { id: 'eli' })],

  [
    'an id of 129 characters',
    'validate',
    'invalid_envelope',
    enveloped({ id: 'x'.repeat(LIMITS.eventIdCharacters + 1) }),
  ],
  [
    'a source of 513 characters',
    'validate',
    'invalid_envelope',
    enveloped({ source: 'x'.repeat(LIMITS.sourceCharacters + 1) }),
  ],
  [
    'a conversation id of 129 characters',
    'validate',
    'invalid_envelope',
    enveloped({ subject: 'x'.repeat(LIMITS.idCharacters + 1) }),
  ],
  [
    'a tenant of 65 characters',
    'validate',
    'invalid_envelope',
    enveloped({ tenantid: 'x'.repeat(LIMITS.tenantCharacters + 1) }),
  ],
  ['a tenant with a space', 'validate', 'invalid_envelope', enveloped({ tenantid: 'a b' })],
  [
    'an assignee’s id of 129 characters',
    'validate',
    'invalid_data',
    create({ assignee: { kind: 'agent', id: 'x'.repeat(129) } }),
  ],
  [
    'a title of 501 characters',
    'validate',
    'invalid_data',
    create({ title: '😀'.repeat(LIMITS.titleCharacters + 1) }),
  ],
  [
    'a description a byte over 16 KiB',
    'validate',
    'invalid_data',
    create({ description: 'x'.repeat(LIMITS.textBytes + 1) }),
  ],
  ['a text a byte over 16 KiB', 'validate', 'invalid_data', withText(LIMITS.textBytes + 1)],
  ['65 levels', 'decode', 'too_deep', slot(nested(LIMITS.dataLevels - 1))],
  ['10,000 levels', 'decode', 'too_deep', slot(nested(10_000))],
  [
    '10,000 levels of objects, in binary mode',
    'decode',
    'too_deep',
    binary({}, '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)),
  ],
  ['a byte over 256 KiB', 'decode', 'too_large', raw(padded(LIMITS.messageBytes + 1))],
  ['5 MB', 'decode', 'too_large', slot(`"${'x'.repeat(5_000_000)}"`)],
  ['a million keys', 'decode', 'too_large', slot(manyKeys(1_000_000))],

  [
    'a title in __proto__ alone',
    'validate',
    'invalid_data',
    raw(String(create({}).value).replace('"title":"Call back"', '"__proto__":{"title":"x"}')),
  ],
  [
    'a constructor for a title',
    'validate',
    'invalid_data',
    create({ title: { constructor: { prototype: {} } } }),
  ],
  ['constructor for a priority', 'validate', 'invalid_data', create({ priority: 'constructor' })],
  ['__proto__ for a type of task', 'validate', 'invalid_data', create({ type: '__proto__' })],
  [
    'invalid UTF-8',
    'decode',
    'invalid_utf8',
    raw(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])),
  ],
  ['invalid UTF-8 in a header', 'decode', 'invalid_utf8', binary({ ce_subject: Buffer.from([0xff, 0xfe]) })],
  ['U+0000 in a title', 'validate', 'invalid_string', create({ title: 'a\u0000b' })],
  ['U+0000 in a slot’s key', 'validate', 'invalid_string', slot('{"a\\u0000":1}')],
  ['U+0000 in a header', 'validate', 'invalid_string', binary({ ce_id: 'a\0b' })],
  ['an unpaired high surrogate', 'validate', 'invalid_string', slot('"\\ud83d"')],
  ['an unpaired low surrogate', 'validate', 'invalid_string', slot('["\\ude00"]')],
  ['the year 0000', 'validate', 'invalid_time', enveloped({ time: '0000-01-01T00:00:00Z' })],
  ['a year before 1970', 'validate', 'invalid_time', enveloped({ time: '1969-12-31T23:59:59Z' })],
  ['30 February', 'validate', 'invalid_time', enveloped({ time: '2026-02-30T10:00:00Z' })],
  ['30 February as a due date', 'validate', 'invalid_data', create({ due: { at: '2026-02-30T10:00:00Z' } })],
  [
    'a key twice in the envelope',
    'decode',
    'duplicate_key',
    raw(String(create({}).value).replace('{', '{"tenantid":"other",')),
  ],
  [
    'a key twice in the data',
    'decode',
    'duplicate_key',
    binary({}, '{"channel":"call","reason":"a","reason":"b"}'),
  ],
  ['1e400', 'decode', 'invalid_number', slot('1e400')],
  ['-1e999', 'decode', 'invalid_number', slot('[-1e999]')],
  ['an integer of 400 digits', 'decode', 'invalid_number', slot('9'.repeat(400))],
];

describe('bad input', () => {
  let deployment: TestDeployment;
  let worker: WorkerProcess;
  let letters: Map<number, ReadRecord>;
  const offsets = new Map<string, number>();

  beforeAll(async () => {
    deployment = await TestDeployment.create({ shards: 1 });
    worker = await deployment.startWorker();
    // A broken one between any two healthy ones, all in one partition; compressed, or the largest would not fit the topic.
    const records = CASES.flatMap(([name, , , record], i) => {
      offsets.set(name, 2 * i + 1);
      return [recordOf({ id: `before ${name}`, data: createData() }), record];
    });
    records.push(recordOf({ id: 'after all', data: createData() }));
    const { kafka, topicPrefix } = deployment;
    const producer = new EventProducer(kafka, { topicPrefix, compression: 'gzip' });
    await producer.connect();
    await producer.publish(records);
    await producer.disconnect();
    await deployment.drained();
    const read = await deployment.records('task-dead-letters');
    letters = new Map(read.map((letter) => [Number(letter.headers['errors.offset']), letter]));
  });
  afterAll(() => deployment?.close());

  it.each(CASES)('%s is a dead letter (%s, %s), byte for byte', (name, stage, code, record) => {
    const letter = letters.get(offsets.get(name)!)!;
    expect(letter?.headers).toMatchObject({
      'errors.topic': TOPIC,
      'errors.partition': '0',
      'errors.stage': stage,
      'errors.code': code,
      'errors.message': expect.stringMatching(/./),
      'errors.at': expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      'errors.attempt': '1',
    });
    const bytes = record.value === null ? null : Buffer.from(record.value);
    expect(
      letter.value === null || bytes === null ? letter.value === bytes : letter.value.equals(bytes),
    ).toBe(true);
    expect(String(letter.key)).toBe(String(record.key));
    const own = Object.entries(letter.headers).filter(([header]) => !header.startsWith('errors.'));
    expect(Object.fromEntries(own)).toEqual(
      Object.fromEntries(
        Object.entries(record.headers ?? {}).map(([header, value]) => [header, String(value)]),
      ),
    );
  });

  it('is each one letter, and none of anything else', () => {
    expect([...letters.keys()].sort((a, b) => a - b)).toEqual([...offsets.values()].sort((a, b) => a - b));
  });

  it('leaves the messages beside it unharmed, the worker alive and its memory bounded', async () => {
    const [{ tasks }] = (await deployment.query<{ tasks: number }>(
      `select count(*)::int as tasks from task`,
    )) as [{ tasks: number }];
    expect(tasks).toBe(CASES.length + 1);
    expect(worker.exit).toBeNull();
    const peakKiB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${worker.pid}/status`, 'utf8'))![1]);
    expect(peakKiB).toBeLessThan(400 * KIB);
  });
});

describe('what is no error', () => {
  let deployment: TestDeployment;
  beforeAll(async () => {
    deployment = await TestDeployment.create({ shards: 3 });
    await deployment.startWorker();
  });
  afterAll(() => deployment?.close());

  it.each<[string, OutgoingRecord, tasks: number]>([
    ['a missing key', { ...enveloped({ id: 'no-key' }), key: null }, 1],
    ['a key that is not the conversation', { ...enveloped({ id: 'other-key' }), key: 'another' }, 1],
    ['an unknown type', ofType('weather.changed.v1', { rain: true }), 0],
    ['an unknown type whose data is not JSON', binary({ ce_type: 'weather.changed.v1' }, 'rain'), 0],
    ['unknown fields', create({ colour: 'red', __proto__x: 1 }), 1],
    ['256 KiB', raw(padded(LIMITS.messageBytes)), 0],
    ['64 levels', slot(nested(LIMITS.dataLevels - 2)), 0],
    ['a title of 500 characters', create({ title: '😀'.repeat(LIMITS.titleCharacters) }), 1],
    ['a description of 16 KiB', create({ description: 'x'.repeat(LIMITS.textBytes) }), 1],
    ['a text of 16 KiB', withText(LIMITS.textBytes), 0],
    ['a leap day', enveloped({ id: 'leap', time: '2028-02-29T23:59:59.999Z' }), 1],
    ['a number that a double rounds', slot('9007199254740993'), 0],
  ])('%s', async (_name, record, tasks) => {
    const before = await deployment.rowCounts();
    await deployment.publish([record]);
    await deployment.drained();
    const after = await deployment.rowCounts();
    expect(after.task - before.task).toBe(tasks);
    expect(await deployment.records('task-dead-letters')).toEqual([]);
  });
});
