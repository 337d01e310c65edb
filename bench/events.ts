import { type OutgoingRecord } from '#libs/messaging';

const TOPIC = 'conversation-events.call';
const BEGIN = Date.UTC(2026, 10, 1);
/** Conversations under way at a time, each with twenty events of the mix. A prime, so that each has its share of every kind. */
const UNDER_WAY = 1_999;
const EVENTS_EACH = 20;

function record(kind: string, i: number, conversation: string, type: string, data: unknown): OutgoingRecord {
  return {
    topic: TOPIC,
    key: conversation,
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: `${kind}-${i}`,
      ce_source: '/agent-desktop',
      ce_type: type,
      ce_subject: conversation,
      ce_time: new Date(BEGIN + i * 1_000).toISOString(),
      ce_tenantid: 'default',
    },
    value: JSON.stringify(data),
  };
}

/** An agent's command, in a conversation of its own; its activity has about 1.2 kB. */
export function creation(i: number, conversation = `conversation-${i}`): OutgoingRecord {
  return record('create', i, conversation, 'task.create.v1', {
    type: 'follow_up',
    priority: 'high',
    title: `Call the customer back about order ${i}`,
    description:
      'The customer asked to be called back about the delivery: the parcel has been at the depot for three days, and nobody ' +
      'answers there. Promised to look into it today, and to call in any case, also when there is nothing new to tell.',
    due: { in: 'PT4H' },
    actor: { kind: 'agent', id: 'eli' },
  });
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
