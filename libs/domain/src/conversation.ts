import { type Channel, type Instant } from './vocabulary';

export interface Customer {
  id: string;
  name: string | null;
  address: string | null;
}

/** A conversation as far as its events told of it. */
export interface Conversation {
  tenantId: string;
  id: string;
  /** The channel of the earliest event known. */
  channel: Channel;
  firstEventAt: Instant;
  customer: Customer | null;
  /** When `customer` was said; null when it was only gathered from who wrote a message. */
  customerAt: Instant | null;
  /** Who had the conversation at its start. */
  agent: { kind: 'agent' | 'ai_agent'; id: string } | null;
  startedAt: Instant | null;
  endedAt: Instant | null;
  endReason: string | null;
}

/**
 * Two partial views of one conversation as one. Commutative, associative and idempotent, so that a conversation is the same row
 * however often, and in whatever order, its events arrive (invariant 1): each fact has an order of its own, and the greater wins.
 */
export function mergeConversations(a: Conversation, b: Conversation): Conversation {
  const first = least(a, b, (c) => [c.firstEventAt, c.channel]);
  const customer = greatest(a, b, rankOfCustomer);
  const start = least(a, b, (c) => (c.startedAt ? [c.startedAt, JSON.stringify(c.agent)] : null));
  const end = greatest(a, b, (c) => (c.endedAt ? [c.endedAt, c.endReason ?? ''] : null));
  return {
    tenantId: a.tenantId,
    id: a.id,
    channel: first.channel,
    firstEventAt: first.firstEventAt,
    customer: customer.customer,
    customerAt: customer.customerAt,
    agent: start.agent,
    startedAt: start.startedAt,
    endedAt: end.endedAt,
    endReason: end.endReason,
  };
}

/** One that says the customer's name beats one that does not, since tasks are titled with it; then the later one. */
function rankOfCustomer({ customer, customerAt }: Conversation): readonly [string, string] | null {
  return customer && [`${customer.name === null ? 0 : 1}${customerAt ?? ''}`, JSON.stringify(customer)];
}

type Rank = (conversation: Conversation) => readonly [string, string] | null;

function greatest(a: Conversation, b: Conversation, rank: Rank): Conversation {
  return compare(rank(a), rank(b)) >= 0 ? a : b;
}

function least(a: Conversation, b: Conversation, rank: Rank): Conversation {
  const [ofA, ofB] = [rank(a), rank(b)];
  if (!ofA || !ofB) return ofA ? a : b;
  return compare(ofA, ofB) <= 0 ? a : b;
}

/** What is not known ranks below everything. */
function compare(a: readonly [string, string] | null, b: readonly [string, string] | null): number {
  if (!a || !b) return Number(a !== null) - Number(b !== null);
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  return a[1] === b[1] ? 0 : a[1] < b[1] ? -1 : 1;
}
