import { createHash } from 'node:crypto';
import { type InboundEvent, type RawRecord } from '#libs/processing';

let counter = 0;

/** An inbound event with the given differences from an unremarkable one. */
export function anEvent(body: InboundEvent['body'], differences: Partial<InboundEvent> = {}): InboundEvent {
  counter += 1;
  const event = {
    tenantId: 'acme',
    source: '/test',
    id: `event-${counter}`,
    conversationId: 'conv-1',
    channel: 'call' as const,
    time: '2026-03-02T10:00:00.000Z',
    origin: { topic: 'conversation-events.call', partition: 0, offset: String(counter) },
    body,
    ...differences,
  };
  const payloadHash =
    differences.payloadHash ??
    createHash('sha256')
      .update(JSON.stringify([event.body, event.conversationId, event.time]))
      .digest();
  return { ...event, payloadHash };
}

/** `task.create.v1` by an agent. */
export function createCommand(
  data: Partial<Extract<InboundEvent['body'], { type: 'task.create.v1' }>['data']> = {},
): InboundEvent['body'] {
  return {
    type: 'task.create.v1',
    data: {
      type: 'follow_up',
      priority: 'high',
      title: 'Call back',
      actor: { kind: 'agent', id: 'eli' },
      ...data,
    },
  };
}

/** A record at an offset, as Kafka would give it. */
export function aRecord(
  offset: number,
  value: string | null,
  differences: Partial<RawRecord> = {},
): RawRecord {
  return {
    topic: 'conversation-events.call',
    partition: 0,
    offset: String(offset),
    key: Buffer.from('conv-1'),
    value: value === null ? null : Buffer.from(value),
    headers: {},
    timestamp: '1770000000000',
    ...differences,
  };
}
