import { taskIdOf } from '#libs/domain';
import { type OutgoingRecord } from '#libs/messaging';

const TOPIC = 'conversation-events.call';
const BEGIN = Date.UTC(2026, 10, 1);
/** Conversations under way at a time, each with twenty events of the mix. A prime, so that each has its share of every kind. */
const UNDER_WAY = 1_999;
const EVENTS_EACH = 20;

const ELI = { kind: 'agent', id: 'eli' };
const SOURCE = '/agent-desktop';
const TENANT = 'default';
const timeOf = (i: number): string => new Date(BEGIN + i * 1_000).toISOString();

function record(kind: string, i: number, conversation: string, type: string, data: unknown): OutgoingRecord {
  return {
    topic: TOPIC,
    key: conversation,
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: `${kind}-${i}`,
      ce_source: SOURCE,
      ce_type: type,
      ce_subject: conversation,
      ce_time: timeOf(i),
      ce_tenantid: TENANT,
    },
    value: JSON.stringify(data),
  };
}

/** An agent's command, in a conversation of its own; its activity has about 1.2 kB. */
export function creation(i: number, conversation = `conversation-${i}`, more = {}): OutgoingRecord {
  return record('create', i, conversation, 'task.create.v1', {
    type: 'follow_up',
    priority: 'high',
    title: `Call the customer back about order ${i}`,
    description:
      'The customer asked to be called back about the delivery: the parcel has been at the depot for three days, and nobody ' +
      'answers there. Promised to look into it today, and to call in any case, also when there is nothing new to tell.',
    due: { in: 'PT4H' },
    actor: ELI,
    ...more,
  });
}

/** Who works on the tasks of `life`. */
export const WORKFORCE: OutgoingRecord[] = [
  workforceRecord('team', { id: 'bookings', name: 'Bookings' }),
  workforceRecord('agent', {
    ...{ id: 'eli', name: 'Eli', availability: 'available', roles: ['agent'], teams: ['bookings'] },
  }),
];

function workforceRecord(kind: string, data: { id: string } & Record<string, unknown>): OutgoingRecord {
  const value = {
    ...{ specversion: '1.0', id: `${kind}-${data.id}`, source: '/hr', type: `workforce.${kind}.v1` },
    ...{ subject: data.id, time: timeOf(0), tenantid: TENANT, data },
  };
  return { topic: 'workforce', key: `${TENANT}/${kind}:${data.id}`, value: JSON.stringify(value) };
}

/**
 * What happens in a conversation with ten events: four creations, and six commands to what was created at the step they name. Each is
 * some two thousand events after the one before it, so that what it changes was stored by another transaction.
 */
const LIFE: readonly ('create' | { verb: string; of: number; activities: number; says?: object })[] = [
  'create',
  'create',
  { verb: 'claim', of: 0, activities: 1 },
  { verb: 'start', of: 0, activities: 1 },
  {
    verb: 'comment',
    of: 0,
    activities: 1,
    says: { text: 'Nobody answered at the depot; trying again at noon.' },
  },
  'create',
  { verb: 'update', of: 0, activities: 2, says: { priority: 'critical', due: { in: 'PT8H' } } },
  { verb: 'resolve', of: 0, activities: 2, says: { resolution: 'The parcel is on its way.' } },
  'create',
  { verb: 'claim', of: 1, activities: 1 },
];
const stepOf = (i: number): number => Math.floor(i / UNDER_WAY) % LIFE.length;

/** 40 creations and 60 commands to tasks of before in a hundred; all are applied. */
export function life(i: number): OutgoingRecord {
  const index = stepOf(i);
  const step = LIFE[index]!;
  const number = (i % UNDER_WAY) + UNDER_WAY * Math.floor(i / (UNDER_WAY * LIFE.length));
  const conversation = `conversation-${number}`;
  if (step === 'create') return creation(i, conversation, { assignee: { kind: 'team', id: 'bookings' } });
  const created = i - (index - step.of) * UNDER_WAY;
  const identity = { tenantId: TENANT, source: SOURCE, id: `create-${created}` };
  const taskId = taskIdOf({ ...identity, time: timeOf(created) });
  return record(step.verb, i, conversation, `task.${step.verb}.v1`, { taskId, actor: ELI, ...step.says });
}

/** How many activities the first so many events of `life` lead to. */
export function lifeActivities(events: number): number {
  let activities = 0;
  for (let i = 0; i < events; i += 1) {
    const step = LIFE[stepOf(i)]!;
    activities += step === 'create' ? 1 : step.activities;
  }
  return activities;
}

/** 85 messages, 5 outcomes and 10 commands in a hundred. */
export function mixed(i: number): OutgoingRecord {
  const share = i % 20;
  const number = (i % UNDER_WAY) + UNDER_WAY * Math.floor(i / (UNDER_WAY * EVENTS_EACH));
  const [conversation, customer] = [`conversation-${number}`, `customer-${number}`];
  if (share < 2) return creation(i, conversation);
  if (share === 2) {
    return record('outcome', i, conversation, 'conversation.outcome.v1', {
      channel: 'call',
      customer: { id: customer, name: 'Ada Byron' },
      flowId: 'assistant',
      intent: i % 40 === 2 ? 'ReserveTable' : 'AskOpeningHours',
      result: i % 40 === 2 ? 'failure' : 'success',
      sentiment: -0.4,
      summary: 'There was no table left for four people on Saturday evening.',
      slots: { people: 4, date: '2026-11-21' },
    });
  }
  return record('message', i, conversation, 'conversation.message.v1', {
    channel: 'call',
    messageId: `message-${i}`,
    from: i % 2 ? { kind: 'customer', id: customer } : { kind: 'agent', id: 'eli' },
    text: 'I have been waiting for the parcel since Tuesday, and the depot does not answer the phone.',
  });
}

const CHUNK = 10_000;

/** Publishes `count` events, in chunks that fit memory. */
export async function publishAll(
  publish: (records: OutgoingRecord[]) => Promise<void>,
  count: number,
  make: (i: number) => OutgoingRecord,
): Promise<void> {
  for (let start = 0; start < count; start += CHUNK) {
    await publish(Array.from({ length: Math.min(CHUNK, count - start) }, (_, i) => make(start + i)));
  }
}
