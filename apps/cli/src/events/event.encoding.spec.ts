import { createIntake } from '#libs/intake';
import { encodeLine } from './event.encoding';
import { type EventLine } from './event.line';

const event = {
  specversion: '1.0',
  id: 'e-1',
  source: '/test',
  type: 'conversation.ended.v1',
  subject: 'conv-1',
  time: '2026-03-01T10:00:00+01:00',
  datacontenttype: 'application/json',
  tenantid: 'acme',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  data: { channel: 'call', reason: 'done — ✓' },
};

const line = (differences: Partial<EventLine> = {}): EventLine => ({
  number: 7,
  topic: 'conversation-events.call',
  key: 'conv-1',
  headers: {},
  value: event,
  ...differences,
});

function read(record: ReturnType<typeof encodeLine>) {
  const { topic, key, value, headers } = record;
  const result = createIntake().read({
    topic,
    partition: 0,
    offset: '0',
    key: Buffer.from(key as string),
    value: Buffer.from(value!),
    headers: headers ?? {},
    timestamp: '0',
  });
  if (result.kind !== 'event') throw new Error(JSON.stringify(result));
  return result.event;
}

describe('encodeLine', () => {
  test('given an event, then both modes read back as the same event, payload hash included', () => {
    const [structured, binary] = [encodeLine(line(), 'structured'), encodeLine(line(), 'binary')];
    expect(structured.headers).toEqual({ 'content-type': 'application/cloudevents+json; charset=UTF-8' });
    expect(binary.headers).toMatchObject({
      ce_id: 'e-1',
      ce_tenantid: 'acme',
      'content-type': 'application/json',
    });
    expect(JSON.parse(String(binary.value))).toEqual(event.data);
    expect(read(binary)).toEqual(read(structured));
  });

  test('given an attribute that is a number or null, then binary mode writes text, or nothing', () => {
    const { headers } = encodeLine(line({ value: { ...event, priority: 3, note: null } }), 'binary');
    expect(headers).toMatchObject({ ce_priority: '3' });
    expect(headers).not.toHaveProperty('ce_note');
  });

  test('given text or a tombstone, then it goes as it is in either mode', () => {
    expect(encodeLine(line({ value: '{"half":' }), 'binary').value).toBe('{"half":');
    expect(encodeLine(line({ value: null }), 'structured')).toMatchObject({ value: null, headers: {} });
  });

  test('given headers, then they win over those added', () => {
    const headers = { 'content-type': 'application/json', own: ['1', '2'] };
    expect(encodeLine(line({ headers }), 'structured').headers).toEqual(headers);
  });

  test('given ce_ headers in the line, then the value is the data already', () => {
    const headers = { ce_specversion: '1.0', ce_type: 'x' };
    expect(encodeLine(line({ headers, value: event.data }), 'structured')).toMatchObject({
      value: JSON.stringify(event.data),
      headers: { ...headers, 'content-type': 'application/json' },
    });
  });

  test.each([
    [{ ...event, time: undefined }, 'value.time'],
    [{ ...event, id: 4 }, 'value.id'],
    [{ ...event, data: undefined }, 'value.data'],
    [{ ...event, odd: {} }, 'value.odd'],
  ])('given what has no binary form, then line and field are named', (value, field) => {
    expect(() => encodeLine(line({ value }), 'binary')).toThrow(`line 7: ${field} must`);
  });
});
