import { type DataSource } from 'typeorm';
import { type Channel, type Conversation } from '#libs/domain';
import { type ConversationOutcome, type OutcomeSource, type StoredOutcome } from '#libs/processing';
import { PostgresShardTransaction } from '../shard.transaction';
import { SharedStatements } from '../shared.statements';
import { inTransaction, seeTenants } from '../transaction';
import { Conditions, type Keyset, keysetColumn, type Order, orderBy } from './keyset';
import { NO_SHARD, queryTenant } from './tenant.query';

/** How much is read at once: outcomes, and bytes of them. At least one is, however large. */
const PAGE = { outcomes: 200, bytes: 1024 * 1024 };

const LATEST: Order = {
  by: [
    { sql: 'occurred_at', type: 'timestamptz' },
    { sql: 'source', type: 'text' },
    { sql: 'event_id', type: 'text' },
  ],
  descending: true,
};

interface OutcomeRow {
  source: string;
  event_id: string;
  conversation_id: string;
  channel: Channel;
  occurred_at: Date;
  data: ConversationOutcome['data'];
  keyset: string[];
}

interface OutcomePage {
  outcomes: StoredOutcome[];
  /** Where the page ends. */
  last: Keyset | null;
}

/** Reads the outcomes that were kept, as the application's role. */
export class OutcomeReader implements OutcomeSource {
  constructor(private readonly dataSource: DataSource) {}

  async count(tenantId: string, since: string | null, most: number): Promise<number> {
    const where = conditions(tenantId, since);
    const [row] = await queryTenant<{ count: number }>(
      this.dataSource,
      tenantId,
      `select count(*)::int as count from (select from conversation_outcome where ${where.sql} limit ${most}) found`,
      where.parameters,
    );
    return row!.count;
  }

  async *latestFirst(tenantId: string, since: string | null): AsyncGenerator<StoredOutcome> {
    let after: Keyset | null = null;
    for (;;) {
      const page: OutcomePage = await this.page(tenantId, since, after);
      yield* page.outcomes;
      if (!page.last) return;
      after = page.last;
    }
  }

  /** The outcomes behind a keyset, as many as may be read at once; none at the end. */
  async page(tenantId: string, since: string | null, after: Keyset | null): Promise<OutcomePage> {
    const { sql, parameters } = conditions(tenantId, since).after(after, LATEST);
    return inTransaction(this.dataSource, async (manager) => {
      await seeTenants(manager, [tenantId]);
      const rows = await manager.query<OutcomeRow[]>(
        `select * from (
           select *, ${keysetColumn(LATEST)}, sum(octet_length(data::text)) over (
             order by ${orderBy(LATEST)} rows between unbounded preceding and 1 preceding) as before
             from (select * from conversation_outcome where ${sql} order by ${orderBy(LATEST)} limit ${PAGE.outcomes}) page
         ) sized where coalesce(before, 0) < ${PAGE.bytes} order by ${orderBy(LATEST)}`,
        parameters,
      );
      const ids = [...new Set(rows.map((row) => row.conversation_id))];
      const found = await new PostgresShardTransaction(new SharedStatements(manager), NO_SHARD).conversations(
        ids.map((conversationId) => ({ tenantId, conversationId })),
      );
      const conversations = new Map(found.map((conversation) => [conversation.id, conversation]));
      return {
        outcomes: rows.map((row) => outcomeFrom(tenantId, row, conversations.get(row.conversation_id)!)),
        last: rows.at(-1)?.keyset ?? null,
      };
    });
  }
}

function conditions(tenantId: string, since: string | null): Conditions {
  const where = new Conditions().add('tenant_id = ?', tenantId);
  return since === null ? where : where.add('occurred_at >= ?::timestamptz', since);
}

/** An outcome and its conversation were stored in one transaction. */
function outcomeFrom(tenantId: string, row: OutcomeRow, conversation: Conversation): StoredOutcome {
  return {
    event: {
      tenantId,
      source: row.source,
      id: row.event_id,
      conversationId: row.conversation_id,
      channel: row.channel,
      time: row.occurred_at.toISOString(),
      body: { type: 'conversation.outcome.v1', data: row.data },
    },
    conversation,
  };
}
