import { type DataSource } from 'typeorm';
import { type Channel, type Conversation } from '#libs/domain';
import { type StoredMessage } from '#libs/processing';
import { conversationFrom, type ConversationRow } from '../row.readers';
import { Conditions, type Keyset, type Order, type Page } from './keyset';
import { queryPage, queryTenant } from './tenant.query';

export interface ConversationQuestion {
  channel?: Channel[];
  active?: boolean;
  customer?: string;
}

/** The one that began last comes first. */
const LATEST: Order = {
  by: [
    { sql: 'first_event_at', type: 'timestamptz' },
    { sql: 'id', type: 'text' },
  ],
  descending: true,
};
const OLDEST: Order = {
  by: [
    { sql: 'sent_at', type: 'timestamptz' },
    { sql: 'message_id', type: 'text' },
  ],
  descending: false,
};

/** A row of `conversation_message` as the driver gives it. */
export interface MessageRow {
  tenant_id: string;
  conversation_id: string;
  message_id: string;
  from_kind: StoredMessage['from']['kind'];
  from_id: string;
  text: string;
  sent_at: Date;
}

/** Reads conversations and their messages for those who look at them, as the application's role. */
export class ConversationReader {
  constructor(private readonly dataSource: DataSource) {}

  async find(tenantId: string, conversationId: string): Promise<Conversation | null> {
    const sql = 'select * from conversation where tenant_id = $1 and id = $2';
    const [row] = await queryTenant<ConversationRow>(this.dataSource, tenantId, sql, [
      tenantId,
      conversationId,
    ]);
    return row ? conversationFrom(row) : null;
  }

  async page(
    tenantId: string,
    { channel, active, customer }: ConversationQuestion,
    after: Keyset | null,
    limit: number,
  ): Promise<Page<Conversation>> {
    const where = new Conditions().add('tenant_id = ?', tenantId);
    if (channel) where.add('channel = any (?::text[])', channel);
    if (active !== undefined) where.add('(ended_at is null) = ?', active);
    if (customer !== undefined) where.add('customer_id = ?', customer);
    const query = { table: 'conversation', where, order: LATEST, after, limit };
    return queryPage<ConversationRow, Conversation>(this.dataSource, tenantId, query, conversationFrom);
  }

  /** What was said, oldest first. */
  async messages(
    tenantId: string,
    conversationId: string,
    after: Keyset | null,
    limit: number,
  ): Promise<Page<StoredMessage>> {
    const where = new Conditions().add('tenant_id = ?', tenantId).add('conversation_id = ?', conversationId);
    const query = { table: 'conversation_message', where, order: OLDEST, after, limit };
    return queryPage<MessageRow, StoredMessage>(this.dataSource, tenantId, query, messageFrom);
  }
}

export function messageFrom(row: MessageRow): StoredMessage {
  return {
    tenantId: row.tenant_id,
    conversationId: row.conversation_id,
    messageId: row.message_id,
    from: { kind: row.from_kind, id: row.from_id },
    text: row.text,
    sentAt: row.sent_at.toISOString(),
  };
}
