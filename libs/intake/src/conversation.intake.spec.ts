import { createHash } from 'node:crypto';
import { CONVERSATION_EVENTS, type EventType, TASK_COMMANDS } from '#libs/contracts';
import { type InboundEvent } from '#libs/processing';
import { createIntake } from './intake';
import {
  binaryRecord,
  exampleEvent,
  rawRecord,
  record,
  recordWithData,
  structuredRecord,
} from './testing/records';

const { read } = createIntake();
const types = [...Object.keys(CONVERSATION_EVENTS), ...Object.keys(TASK_COMMANDS)] as EventType[];

function eventOf(raw: Parameters<typeof read>[0]): InboundEvent {
  const result = read(raw);
  if (result.kind !== 'event') throw new Error(JSON.stringify(result));
  return result.event;
}

describe('a conversation event', () => {
  it('is read with all that the contract says', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const event = exampleEvent('conversation.outcome.v1', {
      time: '2026-11-20T10:30:00.1239+01:00',
      traceparent,
    });
    expect(eventOf(binaryRecord(event))).toEqual({
      tenantId: 'demo',
      source: '/telephony/voice',
      id: 'conv-1-010',
      conversationId: 'conv-1',
      channel: 'call',
      time: '2026-11-20T09:30:00.123Z',
      traceparent,
      payloadHash: expect.any(Buffer) as Buffer,
      origin: { topic: 'conversation-events.call', partition: 3, offset: '1017' },
      body: { type: 'conversation.outcome.v1', data: event.data },
    });
  });

  it.each(types)('%s is the same in both bindings, and as JSON without any header', (type) => {
    const event = exampleEvent(type);
    const structured = structuredRecord(event);
    expect(eventOf(structured)).toEqual(eventOf(binaryRecord(event)));
    expect(eventOf({ ...structured, headers: {} })).toEqual(eventOf(structured));
    expect(
      eventOf({ ...structured, headers: { 'content-type': Buffer.from('application/json'), other: 'x' } }),
    ).toEqual(eventOf(structured));
  });

  it('without a tenant, or with one that is null, is the tenant default’s', () => {
    expect(
      eventOf(binaryRecord(exampleEvent('conversation.ended.v1', { tenantid: undefined }))).tenantId,
    ).toBe('default');
    const { data, ...attributes } = exampleEvent('conversation.ended.v1');
    expect(
      eventOf(rawRecord(JSON.stringify({ specversion: '1.0', ...attributes, tenantid: null, data })))
        .tenantId,
    ).toBe('default');
  });

  it('that is a command has its task id in lower case, and none where it is null', () => {
    const taskId = '0192A7C4-6F00-8ABC-9DEF-0123456789AB';
    const data = exampleEvent('task.create.v1').data as object;
    const sent = (id: unknown) =>
      eventOf(structuredRecord(exampleEvent('task.create.v1', { data: { ...data, taskId: id } }))).body.data;
    expect(sent(taskId)).toEqual({ ...data, taskId: taskId.toLowerCase() });
    expect(sent(null)).toEqual(data);
    expect(sent(null)).not.toHaveProperty('taskId');
  });

  it('keeps an outcome’s further fields, among them one called constructor', () => {
    const data = {
      ...(exampleEvent('conversation.outcome.v1').data as object),
      service: 'x',
      constructor: { name: 'x' },
      toString: 1,
    };
    expect(eventOf(structuredRecord(exampleEvent('conversation.outcome.v1', { data }))).body.data).toEqual(
      data,
    );
  });

  it.each(['__proto__', '\\u005f_proto__'])(
    'with a key %s has it dropped at any depth, and nothing is polluted',
    (key) => {
      const hostile = `{"${key}":{"polluted":true,"channel":"message"},"channel":"call","flowId":"f","intent":"i","result":"r","slots":{"deep":[{"${key}":{"polluted":true}}]}}`;
      const { data } = eventOf(recordWithData(hostile)).body;
      expect(JSON.stringify(data)).toBe(
        '{"channel":"call","flowId":"f","intent":"i","result":"r","slots":{"deep":[{}]}}',
      );
      expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    },
  );

  it('may not borrow a required field from __proto__', () => {
    const result = read(
      recordWithData('{"__proto__":{"reason":"x"},"channel":"call"}', 'conversation.ended.v1'),
    );
    expect(result).toMatchObject({
      kind: 'dead_letter',
      code: 'invalid_data',
      message: 'data.reason is required',
    });
  });

  it('may have one key in several objects, and what looks like a key in a text', () => {
    const slots = '{"a":{"x":1},"b":[{"x":1},{"x":2,"y":"\\"x\\": 1, \\"x\\": 2"}],"c":"x\\\\"}';
    const data = `{"channel":"call","flowId":"f","intent":"i","result":"r","slots":${slots}}`;
    expect(eventOf(recordWithData(data)).body.data).toEqual(JSON.parse(data));
  });

  it('is read whatever its key is, and without one', () => {
    const raw = binaryRecord(exampleEvent('conversation.ended.v1'));
    for (const key of [null, Buffer.from('another'), Buffer.from([0xff])])
      expect(read({ ...raw, key }).kind).toBe('event');
  });

  it('may have data_base64 for data', () => {
    const { data, ...attributes } = exampleEvent('conversation.ended.v1');
    const base64 = Buffer.from(JSON.stringify(data)).toString('base64');
    const raw = rawRecord(JSON.stringify({ specversion: '1.0', ...attributes, data_base64: base64 }));
    expect(eventOf(raw)).toEqual(eventOf(structuredRecord(exampleEvent('conversation.ended.v1'))));
  });

  it('loses a traceparent that is malformed or repeated, and nothing else', () => {
    const raw = binaryRecord(exampleEvent('conversation.ended.v1'));
    const trace = Buffer.from('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
    for (const traceparent of [Buffer.from('nonsense'), Buffer.from([0xff]), [trace, trace]]) {
      expect(eventOf({ ...raw, headers: { ...raw.headers, traceparent } })).toEqual(eventOf(raw));
    }
  });
});

describe('the hash of an event’s payload', () => {
  const hashOf = (raw: Parameters<typeof read>[0]) => eventOf(raw).payloadHash.toString('hex');
  const original = exampleEvent('conversation.outcome.v1', { time: '2026-11-20T09:30:00Z' });
  const data = original.data as Record<string, unknown>;

  it('does not depend on binding, key order, the way numbers and characters are written, the offset, or what carried it', () => {
    const hash = hashOf(binaryRecord(original));
    const reversed = Object.fromEntries(Object.entries(data).reverse());
    expect(hashOf(structuredRecord({ ...original, data: reversed }))).toBe(hash);
    expect(hashOf(structuredRecord({ ...original, time: '2026-11-20T10:30:00.0000+01:00' }))).toBe(hash);
    expect(
      hashOf(
        binaryRecord(
          { ...original, id: 'another', source: '/x', tenantid: 'x' },
          { offset: '1', partition: 0 },
        ),
      ),
    ).toBe(hash);
    const raw = binaryRecord(original);
    const rewritten = raw
      .value!.toString()
      .replace('"seats":3', '"seats" : 3.0e0')
      .replace('table', 't\\u0061ble');
    expect(rewritten).not.toBe(raw.value!.toString());
    expect(hashOf({ ...raw, value: Buffer.from(rewritten) })).toBe(hash);
  });

  it('differs as soon as type, subject, time or data do', () => {
    const hashes = [
      original,
      { ...original, subject: 'conv-2' },
      { ...original, time: '2026-11-20T09:30:00.001Z' },
      { ...original, data: { ...data, result: 'success' } },
      { ...original, data: { ...data, slots: { seats: '3', date: '2026-11-21' } } },
      { ...original, data: { ...data, more: null } },
    ].map((event) => hashOf(binaryRecord(event)));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('is SHA-256 of the canonical JSON', () => {
    const canonical =
      '{"data":{"channel":"call","reason":"completed"},"subject":"conv-1","time":"2026-11-20T09:30:00.000Z","type":"conversation.ended.v1"}';
    expect(hashOf(binaryRecord(exampleEvent('conversation.ended.v1')))).toBe(
      createHash('sha256').update(canonical).digest('hex'),
    );
  });
});

describe('a type', () => {
  it.each([
    'billing.paid.v1',
    'task.created.v1',
    'task.created.v2',
    'task.create',
    'constructor',
    '__proto__',
  ])('%s is skipped', (type) => {
    expect(read(structuredRecord({ ...exampleEvent('task.create.v1'), type }))).toEqual({
      kind: 'skipped',
      type,
    });
    expect(read(binaryRecord({ ...exampleEvent('task.create.v1'), type }))).toEqual({
      kind: 'skipped',
      type,
    });
  });

  it('that nobody knows is skipped whatever else its event has', () => {
    const headers = {
      ce_specversion: '1.0',
      ce_type: 'metrics.sample.v1',
      'content-type': 'application/avro',
    };
    expect(read(record({ headers, value: Buffer.from([0, 0xff]) }))).toEqual({
      kind: 'skipped',
      type: 'metrics.sample.v1',
    });
    expect(read(record({ headers }))).toEqual({ kind: 'skipped', type: 'metrics.sample.v1' });
  });
});
