import { type Channel, type Instant, type TaskCommand } from '#libs/domain';

/** Where a record was read: the topic's name without the deployment's prefix. */
export interface RecordOrigin {
  topic: string;
  partition: number;
  /** A 64-bit number as decimal text, as Kafka clients give it. */
  offset: string;
}

export interface Customer {
  id: string;
  name?: string | null;
  address?: string | null;
}

export interface ConversationStarted {
  type: 'conversation.started.v1';
  data: { customer: Customer; agent?: { kind: 'agent' | 'ai_agent'; id: string } | null };
}

export interface ConversationMessage {
  type: 'conversation.message.v1';
  data: { messageId: string; from: { kind: 'customer' | 'agent' | 'ai_agent'; id: string }; text: string };
}

/** What an AI agent's flow concluded; any further fields are kept, since flows may read them. */
export interface ConversationOutcome {
  type: 'conversation.outcome.v1';
  data: { customer?: Customer | null; flowId: string; intent: string; result: string } & Record<
    string,
    unknown
  >;
}

export interface ConversationEnded {
  type: 'conversation.ended.v1';
  data: { reason: string };
}

/** A conversation event that was read, validated and put into the product's own words. */
export interface InboundEvent {
  tenantId: string;
  source: string;
  id: string;
  /** The CloudEvent's subject. */
  conversationId: string;
  /** The channel of the topic it came by. */
  channel: Channel;
  time: Instant;
  traceparent?: string;
  /** SHA-256 over type, subject, time and data in canonical JSON: the same in every binding and key order. */
  payloadHash: Buffer;
  /** Null for what came by no topic. */
  origin: RecordOrigin | null;
  body: ConversationStarted | ConversationMessage | ConversationOutcome | ConversationEnded | TaskCommand;
}
