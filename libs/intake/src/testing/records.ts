import { EXAMPLES, type EventType } from '#libs/contracts';
import { type RawRecord } from '#libs/processing';
import { type OutgoingCloudEvent, toBinary, toStructured } from '../encode';

/** The event of a type's example, changed. */
export function exampleEvent(type: EventType, changes: Partial<OutgoingCloudEvent> = {}): OutgoingCloudEvent {
  const { attributes, data } = EXAMPLES[type][0]!;
  return { ...(attributes as { id: string; source: string; time: string }), type, data, ...changes };
}

export function record(changes: Partial<RawRecord> = {}): RawRecord {
  return {
    topic: 'conversation-events.call',
    partition: 3,
    offset: '1017',
    key: Buffer.from('conv-1'),
    value: null,
    headers: {},
    timestamp: '1795167000000',
    ...changes,
  };
}

/** A binary record as kafkajs gives it: header values are Buffers. */
export function binaryRecord(event: OutgoingCloudEvent, changes: Partial<RawRecord> = {}): RawRecord {
  const { headers, value } = toBinary(event);
  return record({ headers: asBuffers(headers), value, ...changes });
}

export function structuredRecord(event: OutgoingCloudEvent, changes: Partial<RawRecord> = {}): RawRecord {
  const { headers, value } = toStructured(event);
  return record({ headers: asBuffers(headers), value, ...changes });
}

/** A structured record whose value is this text or these bytes. */
export function rawRecord(value: string | Buffer): RawRecord {
  return record({ value: Buffer.from(value), headers: { 'content-type': 'application/cloudevents+json' } });
}

/** A structured record with this JSON text for `data`. */
export function recordWithData(data: string, type: EventType = 'conversation.outcome.v1'): RawRecord {
  const { data: _data, ...attributes } = exampleEvent(type);
  return rawRecord(`${JSON.stringify({ specversion: '1.0', ...attributes }).slice(0, -1)},"data":${data}}`);
}

export function asBuffers(headers: Record<string, string>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]));
}
