import { type OutgoingRecord } from '#libs/messaging';

/** A CloudEvent as a sender would write it; what is not given is unremarkable. */
export interface EventParts {
  id?: string;
  source?: string;
  type?: string;
  subject?: string;
  time?: string;
  tenantid?: string;
  traceparent?: string;
  data?: unknown;
}

let counter = 0;

/** The attributes and data of an event, each with an id of its own. */
export function event(parts: EventParts): Record<string, unknown> & { id: string; subject: string } {
  counter += 1;
  const unremarkable = {
    specversion: '1.0',
    id: `e-${counter}`,
    source: '/test',
    time: '2026-03-02T10:00:00.000Z',
  };
  return { ...unremarkable, type: 'task.create.v1', subject: 'conv-1', tenantid: 'acme', ...parts };
}

/** It as a record in structured mode, under the key its producer would give it. */
export function recordOf(
  parts: EventParts,
  { topic = 'conversation-events.call', ...differences }: Partial<OutgoingRecord> = {},
): OutgoingRecord {
  const value = event(parts);
  return { topic, key: value.subject, value: JSON.stringify(value), ...differences };
}

/** The data of a `task.create.v1`. */
export function createData(differences: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'follow_up',
    priority: 'high',
    title: 'Call back',
    actor: { kind: 'agent', id: 'eli' },
    ...differences,
  };
}
