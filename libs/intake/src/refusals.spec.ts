import { type RawRecord } from '#libs/processing';
import { INTAKE_CODES, type IntakeCode } from './codes';
import { createIntake } from './intake';
import { type OutgoingCloudEvent } from './encode';
import {
  binaryRecord,
  exampleEvent,
  rawRecord,
  record,
  recordWithData,
  structuredRecord,
} from './testing/records';

const { read } = createIntake();

const create = exampleEvent('task.create.v1');
const createData = create.data as Record<string, unknown>;
const message = exampleEvent('conversation.message.v1');
const started = exampleEvent('conversation.started.v1');

const created = (changes: Record<string, unknown>) =>
  structuredRecord({ ...create, data: { ...createData, ...changes } });
const enveloped = (changes: Record<string, unknown>) =>
  structuredRecord({ ...create, ...changes } as OutgoingCloudEvent);
const without = (name: string) => rawRecord(withoutField(structuredRecord(create).value!, name));
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
/** An outcome whose slots hold a list of that many levels: `data`, `slots` and the list's own make two more. */
const deep = (levels: number) =>
  `{"channel":"call","flowId":"f","intent":"i","result":"r","slots":{"x":${nested(levels - 2)}}}`;
const outcome = (field: string) =>
  `{"channel":"call","flowId":"f","intent":"i","result":"r","slots":{"x":${field}}}`;

function withoutField(value: Buffer, name: string): string {
  return JSON.stringify({ ...(JSON.parse(value.toString()) as object), [name]: undefined });
}

/** A record whose value has exactly so many bytes. */
function ofSize(bytes: number): RawRecord {
  const text = outcome('"PADDING"');
  const raw = recordWithData(text);
  const padded = raw
    .value!.toString()
    .replace('PADDING', 'x'.repeat(bytes - raw.value!.length + 'PADDING'.length));
  return { ...raw, value: Buffer.from(padded) };
}

function headersOf(event: OutgoingCloudEvent, changes: RawRecord['headers']): RawRecord {
  const raw = binaryRecord(event);
  return { ...raw, headers: { ...raw.headers, ...changes } };
}

describe('what is just within the limits is read', () => {
  it.each<[string, RawRecord]>([
    ['256 KiB', ofSize(256 * 1024)],
    ['64 levels', recordWithData(deep(64))],
    ['a title of 500 characters', created({ title: '😀'.repeat(500) })],
    ['16 KiB of description', created({ description: 'é'.repeat(8192) })],
    [
      '16 KiB of text',
      structuredRecord({ ...message, data: { ...(message.data as object), text: 'x'.repeat(16384) } }),
    ],
    ['an id of 128', enveloped({ id: 'x'.repeat(128) })],
    ['a source of 512', enveloped({ source: 'x'.repeat(512) })],
    ['a subject of 128', enveloped({ subject: 'é'.repeat(128) })],
    ['a tenant of 64', enveloped({ tenantid: 'A'.repeat(64) })],
    ['1970', enveloped({ time: '1970-01-01T00:00:00Z' })],
    ['9999', enveloped({ time: '9999-12-31T23:59:59Z' })],
    ['an escaped pair of surrogates', recordWithData(outcome('"\\ud83d\\ude00"'))],
    ['a backslash before u0000', recordWithData(outcome('"\\\\u0000"'))],
    ['brackets in strings', recordWithData(outcome(JSON.stringify(`\\"${'[{'.repeat(200)}`)))],
    ['many brackets side by side', recordWithData(outcome(`[${Array(200).fill('{}').join()}]`))],
    ['a byte order mark', rawRecord(`\ufeff${recordWithData(outcome('1')).value!.toString()}`)],
    ['a header repeated with one value', headersOf(create, { ce_id: [Buffer.from('a'), Buffer.from('a')] })],
    ['an unknown header that is no UTF-8', headersOf(create, { other: Buffer.from([0xff]) })],
    ['no content type', headersOf(create, { 'content-type': undefined })],
    ['a charset', headersOf(create, { 'content-type': 'application/json; charset="UTF-8"' })],
    [
      'Content-Type and CE_ in capitals',
      headersOf(create, {
        'content-type': undefined,
        'Content-Type': 'application/json',
        ce_id: undefined,
        CE_ID: 'x',
      }),
    ],
  ])('%s', (_, raw) => {
    expect(read(raw)).toMatchObject({ kind: 'event' });
  });
});

/** What it is, the record, the code, and the message or a part of it. */
const refusals: [string, RawRecord, IntakeCode, string][] = [
  ['a null value', record(), 'missing_value', 'the record has no value'],
  [
    'a null value with headers',
    { ...binaryRecord(create), value: null },
    'missing_value',
    'the record has no value',
  ],
  ['an empty value', rawRecord(''), 'not_json', 'the value is not JSON'],
  ['no JSON', rawRecord('{"specversion":"1.0",'), 'not_json', 'the value is not JSON'],
  [
    'no JSON as binary data',
    { ...binaryRecord(create), value: Buffer.from('{') },
    'not_json',
    'data is not JSON',
  ],
  ['NaN', recordWithData(outcome('NaN')), 'not_json', 'the value is not JSON'],
  ['a raw U+0000', recordWithData(outcome('"\u0000"')), 'not_json', 'the value is not JSON'],
  ['JSON that is no object', rawRecord('[1]'), 'not_cloudevent', 'no JSON object'],
  ['JSON null', rawRecord('null'), 'not_cloudevent', 'no JSON object'],
  ['JSON without specversion', rawRecord('{"id":"1"}'), 'not_cloudevent', 'specversion is missing'],
  [
    'no ce_specversion',
    headersOf(create, { ce_specversion: undefined }),
    'not_cloudevent',
    'specversion is missing',
  ],
  [
    'data and data_base64',
    rawRecord(structuredRecord(create).value!.toString().replace('{', '{"data_base64":"e30=",')),
    'not_cloudevent',
    'data_base64',
  ],
  [
    'data_base64 that is none',
    rawRecord(withoutField(structuredRecord(create).value!, 'data').replace('{', '{"data_base64":"?",')),
    'not_cloudevent',
    'data_base64',
  ],
  [
    'specversion 0.3',
    headersOf(create, { ce_specversion: '0.3' }),
    'unsupported_specversion',
    'specversion must be 1.0',
  ],
  [
    'specversion 1',
    rawRecord(structuredRecord(create).value!.toString().replace('"1.0"', '1')),
    'unsupported_specversion',
    'specversion',
  ],
  [
    'a batch',
    record({ value: Buffer.from('[]'), headers: { 'content-type': 'application/cloudevents-batch+json' } }),
    'unsupported_content_type',
    'content-type',
  ],
  [
    'avro',
    headersOf(create, { 'content-type': 'application/avro' }),
    'unsupported_content_type',
    'content-type must be application/json',
  ],
  [
    'another charset',
    headersOf(create, { 'content-type': 'application/json; charset=latin1' }),
    'unsupported_content_type',
    'charset',
  ],
  [
    'text as datacontenttype',
    rawRecord(structuredRecord(create).value!.toString().replace('application/json', 'text/plain')),
    'unsupported_content_type',
    'datacontenttype',
  ],
  ['a byte over 256 KiB', ofSize(256 * 1024 + 1), 'too_large', 'the value has 262145 bytes, over 262144'],
  [
    'a byte over 256 KiB in binary',
    { ...binaryRecord(create), value: Buffer.alloc(256 * 1024 + 1, 0x20) },
    'too_large',
    '262145',
  ],
  ['65 levels', recordWithData(deep(65)), 'too_deep', 'data has more than 64 levels'],
  [
    '65 levels in binary',
    { ...binaryRecord(exampleEvent('conversation.outcome.v1')), value: Buffer.from(deep(65)) },
    'too_deep',
    'data has more than 64 levels',
  ],
  ['10,000 levels', recordWithData(deep(10_000)), 'too_deep', 'data has more than 64 levels'],
  [
    '100,000 openings that never close',
    rawRecord('['.repeat(100_000)),
    'too_deep',
    'data has more than 64 levels',
  ],
  [
    'invalid UTF-8',
    rawRecord(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])),
    'invalid_utf8',
    'the value is not UTF-8',
  ],
  [
    'a surrogate in UTF-8',
    rawRecord(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])),
    'invalid_utf8',
    'the value is not UTF-8',
  ],
  [
    'an overlong form',
    rawRecord(Buffer.from([0x22, 0xc0, 0x80, 0x22])),
    'invalid_utf8',
    'the value is not UTF-8',
  ],
  [
    'a header that is no UTF-8',
    headersOf(create, { ce_source: Buffer.from([0xff]) }),
    'invalid_utf8',
    'header ce_source is not UTF-8',
  ],
  [
    'a header repeated',
    headersOf(create, { ce_id: [Buffer.from('a'), Buffer.from('b')] }),
    'repeated_header',
    'header ce_id',
  ],
  [
    'a key twice',
    recordWithData('{"channel":"message","channel":"call","reason":"a"}', 'conversation.ended.v1'),
    'duplicate_key',
    'data.channel is there twice: which one counts?',
  ],
  [
    'a key twice with one value',
    recordWithData(outcome('1,"y" : 2,"y": 2')),
    'duplicate_key',
    'data.slots.y is',
  ],
  [
    'a key twice, once in escapes',
    recordWithData(outcome('1,"\\u0078":2')),
    'duplicate_key',
    'data.slots.x is',
  ],
  [
    'a key twice in a list',
    recordWithData(outcome('[1,{"a":1},{"b":"\\\\","b":0}]')),
    'duplicate_key',
    'data.slots.x[2].b is',
  ],
  [
    'an attribute twice',
    rawRecord('{"specversion":"1.0","id":"a","id":"b"}'),
    'duplicate_key',
    'id is there twice',
  ],
  [
    '__proto__ twice',
    recordWithData(outcome('{"__proto__":1,"__proto__":2}')),
    'duplicate_key',
    'data.slots.x.__proto__',
  ],
  ['a number beyond a double', recordWithData(outcome('1e999')), 'invalid_number', 'data.slots.x'],
  [
    'U+0000',
    recordWithData(outcome('"a\\u0000b"')),
    'invalid_string',
    'data.slots.x has U+0000 or an unpaired surrogate',
  ],
  ['U+0000 in a key', recordWithData(outcome('{"a\\u0000":1}')), 'invalid_string', 'data.slots.x.… (a key)'],
  ['a high surrogate alone', recordWithData(outcome('["\\uD83D"]')), 'invalid_string', 'data.slots.x[0]'],
  ['a low surrogate alone', recordWithData(outcome('"\\ude00\\ud83d"')), 'invalid_string', 'data.slots.x'],
  ['U+0000 in an attribute', enveloped({ id: 'a\u0000' }), 'invalid_string', 'id has U+0000'],
  [
    'U+0000 in an unknown attribute',
    enveloped({ extensions: { other: '\u0000' } }),
    'invalid_string',
    'other has U+0000',
  ],
  [
    'U+0000 in a header',
    headersOf(create, { ce_subject: Buffer.from('a\u0000') }),
    'invalid_string',
    'header ce_subject has U+0000',
  ],
  ['a version to come', enveloped({ type: 'task.create.v2' }), 'unsupported_version', 'type task.create.v2'],
  [
    'a version to come, of an outcome',
    enveloped({ type: 'conversation.outcome.v17' }),
    'unsupported_version',
    'conversation.outcome.v17',
  ],
  [
    'a version to come, of the workforce',
    enveloped({ type: 'workforce.team.v2' }),
    'unsupported_version',
    'workforce.team.v2',
  ],
  [
    'a workforce event',
    structuredRecord(exampleEvent('workforce.agent.v1')),
    'wrong_topic',
    'workforce.agent.v1',
  ],
  [
    'a topic that is not read',
    structuredRecord(create, { topic: 'task-activity' }),
    'wrong_topic',
    'task.create.v1',
  ],
  ['no id', without('id'), 'invalid_envelope', 'id is required'],
  ['an empty id', enveloped({ id: '' }), 'invalid_envelope', 'id must be 1 to 128 characters'],
  ['an id of 129', enveloped({ id: 'x'.repeat(129) }), 'invalid_envelope', 'id must be 1 to 128 characters'],
  ['an id that is a number', enveloped({ id: 7 }), 'invalid_envelope', 'id must be'],
  ['no source', without('source'), 'invalid_envelope', 'source is required'],
  [
    'a source of 513',
    enveloped({ source: 'x'.repeat(513) }),
    'invalid_envelope',
    'source must be 1 to 512 characters',
  ],
  ['no subject', without('subject'), 'invalid_envelope', 'subject is required'],
  [
    'a subject of 129',
    enveloped({ subject: '😀'.repeat(129) }),
    'invalid_envelope',
    'subject must be 1 to 128 printable',
  ],
  [
    'a subject with a line break',
    enveloped({ subject: 'a\nb' }),
    'invalid_envelope',
    'subject must be 1 to 128 printable',
  ],
  ['no type', without('type'), 'invalid_envelope', 'type is required'],
  ['an empty type', headersOf(create, { ce_type: '' }), 'invalid_envelope', 'type must be'],
  ['a type that is a number', enveloped({ type: 7 }), 'invalid_envelope', 'type must be'],
  ['an empty tenant', enveloped({ tenantid: '' }), 'invalid_envelope', 'tenantid must be'],
  ['a tenant with a slash', enveloped({ tenantid: 'a/b' }), 'invalid_envelope', 'tenantid must be'],
  ['a tenant of 65', enveloped({ tenantid: 'x'.repeat(65) }), 'invalid_envelope', 'tenantid must be'],
  ['no time', without('time'), 'invalid_time', 'time is required'],
  [
    'a time that is a number',
    enveloped({ time: 1795167000000 }),
    'invalid_time',
    'time must be an RFC 3339 date-time',
  ],
  [
    '30 February',
    enveloped({ time: '2026-02-30T00:00:00Z' }),
    'invalid_time',
    'time must be an RFC 3339 date-time',
  ],
  ['the year 0000', enveloped({ time: '0000-01-01T00:00:00Z' }), 'invalid_time', 'time must be'],
  ['1969 in UTC', enveloped({ time: '1970-01-01T00:00:00+01:00' }), 'invalid_time', 'time must be'],
  ['a time without an offset', enveloped({ time: '2026-01-01T00:00:00' }), 'invalid_time', 'time must be'],
  ['no data', without('data'), 'invalid_data', 'data must be an object'],
  ['data that is a string', enveloped({ data: '{}' }), 'invalid_data', 'data must be an object'],
  ['data that is a list', enveloped({ data: [] }), 'invalid_data', 'data must be an object'],
  [
    'an unknown priority',
    created({ priority: 'urgent' }),
    'invalid_data',
    'data.priority must be one of low, medium, high, critical',
  ],
  [
    'an unknown task type',
    created({ type: 'constructor' }),
    'invalid_data',
    'data.type must be one of follow_up, internal',
  ],
  [
    'a title of 501',
    created({ title: 'x'.repeat(501) }),
    'invalid_data',
    'data.title must be 1 to 500 characters',
  ],
  [
    'a byte over 16 KiB of description',
    created({ description: 'x'.repeat(16385) }),
    'invalid_data',
    'data.description must be text of at most 16384 bytes',
  ],
  ['a task id that is no UUID', created({ taskId: 'mine' }), 'invalid_data', 'data.taskId must be a UUID'],
  [
    'an assignee of the wrong kind',
    created({ assignee: { kind: 'ai_agent', id: 'x' } }),
    'invalid_data',
    'data.assignee.kind must be one of agent, team',
  ],
  ['a due date of no form', created({ due: {} }), 'invalid_data', 'data.due must be one of'],
  [
    'an actor the outside cannot be',
    created({ actor: { kind: 'flow', id: 'x' } }),
    'invalid_data',
    'data.actor.kind must be one of agent, ai_agent, service',
  ],
  [
    'two bad fields',
    created({ priority: 1, title: '' }),
    'invalid_data',
    'data.priority must be one of low, medium, high, critical; data.title must be 1 to 500 characters',
  ],
  [
    'another topic’s channel',
    structuredRecord(started, { topic: 'conversation-events.whatsapp' }),
    'wrong_channel',
    'data.channel must be whatsapp',
  ],
  [
    'another channel in a command',
    created({ channel: 'message' }),
    'wrong_channel',
    'data.channel must be call',
  ],
];

describe('what is not an event is a dead letter', () => {
  it.each(refusals)('%s', (_, raw, code, part) => {
    const result = read(raw);
    expect(result).toMatchObject({ kind: 'dead_letter', code, stage: INTAKE_CODES[code] });
    expect((result as { message: string }).message).toContain(part);
  });

  it('of every code that the conversation topics can give', () => {
    const given = new Set(refusals.map(([, , code]) => code));
    const elsewhere: IntakeCode[] = ['wrong_key', 'intake_failed'];
    expect(
      Object.keys(INTAKE_CODES)
        .filter((code) => !given.has(code as IntakeCode))
        .sort(),
    ).toEqual(elsewhere.sort());
  });

  it('and its message holds none of its values, and stays short', () => {
    const secret = 'tell-nobody';
    for (const raw of [
      created({ priority: secret }),
      enveloped({ time: secret }),
      rawRecord(`{"a": ${secret}}`),
      enveloped({ tenantid: `/${secret}` }),
    ]) {
      expect(JSON.stringify(read(raw))).not.toContain(secret);
    }
    const key = '\\ud800'.repeat(10_000);
    expect(
      (read(recordWithData(outcome(`{"${key}":1}`))) as { message: string }).message.length,
    ).toBeLessThanOrEqual(1000);
  });

  it('and a fault of this program is one too, rather than the end of the partition', () => {
    const impossible = { ...record(), value: { length: 1 } as unknown as Buffer };
    expect(read(impossible)).toMatchObject({ kind: 'dead_letter', stage: 'decode', code: 'intake_failed' });
  });
});
