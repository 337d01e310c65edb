import { type Conversation } from '#libs/domain';
import { type Customer, type InboundEvent } from './inbound-event';

/** What one event says of its conversation, by itself. Merged with what was known before, in any order. */
export function factsOf(event: InboundEvent): Conversation {
  const { body, time } = event;
  const facts: Conversation = {
    tenantId: event.tenantId,
    id: event.conversationId,
    channel: event.channel,
    firstEventAt: time,
    customer: null,
    customerAt: null,
    agent: null,
    startedAt: null,
    endedAt: null,
    endReason: null,
  };
  switch (body.type) {
    case 'conversation.started.v1':
      return {
        ...facts,
        startedAt: time,
        customer: customerOf(body.data.customer),
        customerAt: time,
        agent: body.data.agent ? { kind: body.data.agent.kind, id: body.data.agent.id } : null,
      };
    case 'conversation.message.v1':
      return body.data.from.kind === 'customer'
        ? { ...facts, customer: customerOf({ id: body.data.from.id }) }
        : facts;
    case 'conversation.outcome.v1':
      return body.data.customer
        ? { ...facts, customer: customerOf(body.data.customer), customerAt: time }
        : facts;
    case 'conversation.ended.v1':
      return { ...facts, endedAt: time, endReason: body.data.reason };
    default:
      return facts;
  }
}

function customerOf({ id, name, address }: Customer): NonNullable<Conversation['customer']> {
  return { id, name: name ?? null, address: address ?? null };
}
