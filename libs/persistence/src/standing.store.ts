import { type DataSource, type EntityManager } from 'typeorm';
import { type Actor, type EventIdentity } from '#libs/domain';
import {
  type Made,
  type MessageKey,
  type Standing,
  type StandingStore,
  type StoredMessage,
} from '#libs/processing';
import { originKey } from './origin-key';
import { messageFrom, type MessageRow } from './reading/conversation.reader';
import { type IdentityRow, identityKeyOf } from './row.readers';
import { lookUp } from './rows';
import { PostgresShardTransaction } from './shard.transaction';
import { SharedStatements } from './shared.statements';
import { inTransaction, seeTenants } from './transaction';

/**
 * `StandingStore` on PostgreSQL, as the application's role: read-only transactions, so that the database itself proves that nothing
 * is written; and REPEATABLE READ, since without the shard's lock a worker may commit between two statements.
 */
export class PostgresStandingStore implements StandingStore {
  constructor(private readonly dataSource: DataSource) {}

  asItStands<T>(shard: number, tenantIds: string[], work: (standing: Standing) => Promise<T>): Promise<T> {
    return inTransaction(
      this.dataSource,
      async (manager) => {
        await manager.query('set transaction read only');
        await seeTenants(manager, tenantIds);
        return work(new PostgresStanding(manager, shard));
      },
      'REPEATABLE READ',
    );
  }
}

interface AppliedRow {
  tenant_id: string;
  source: string;
  id: string;
  type: string;
  became: 'applied' | 'rejected';
  shard: number;
  conversation_id: string;
}

class PostgresStanding extends PostgresShardTransaction implements Standing {
  constructor(
    private readonly view: EntityManager,
    shard: number,
  ) {
    super(new SharedStatements(view), shard);
  }

  async messages(keys: readonly MessageKey[]): Promise<StoredMessage[]> {
    if (keys.length === 0) return [];
    const rows = await this.#rows<MessageRow>(
      lookUp('*', 'conversation_message', { tenant_id: 'text', conversation_id: 'text', message_id: 'text' }),
      [
        keys.map(({ tenantId }) => tenantId),
        keys.map(({ conversationId }) => conversationId),
        keys.map(({ messageId }) => messageId),
      ],
    );
    return rows.map(messageFrom);
  }

  async made(events: readonly EventIdentity[]): Promise<Map<string, Made>> {
    const applied = await this.#rows<AppliedRow>(
      lookUp('tenant_id, source, event_id as id, type, became, shard, conversation_id', 'applied_event', {
        tenant_id: 'text',
        source: 'text',
        event_id: 'text',
      }),
      columnsOf(events),
    );
    const contents = new Map([
      ...(await this.#outcomes(events)),
      ...(await this.#creations(events)),
      ...(await this.#rejections(applied.filter(({ became }) => became === 'rejected'))),
    ]);
    return new Map(
      applied.map((row) => {
        const content = contents.get(identityKeyOf(row)) ?? { of: 'unknown' };
        return [identityKeyOf(row), { type: row.type, conversationId: row.conversation_id, content }];
      }),
    );
  }

  async #outcomes(events: readonly EventIdentity[]): Promise<[string, Made['content']][]> {
    const rows = await this.#rows<IdentityRow & { occurred_at: Date; data: unknown }>(
      lookUp('tenant_id, source, event_id as id, occurred_at, data', 'conversation_outcome', {
        tenant_id: 'text',
        source: 'text',
        event_id: 'text',
      }),
      columnsOf(events),
    );
    return rows.map((row) => [
      identityKeyOf(row),
      { of: 'outcome', time: row.occurred_at.toISOString(), data: row.data },
    ]);
  }

  /** The first activity of a command's task; the task itself has moved on since. */
  async #creations(events: readonly EventIdentity[]): Promise<[string, Made['content']][]> {
    const tasks = await this.#rows<{ tenant_id: string; id: string }>(
      lookUp('tenant_id, id', 'task', { tenant_id: 'text', origin_key: 'bytea' }),
      [events.map(({ tenantId }) => tenantId), events.map(({ source, id }) => originKey(source, id, null))],
    );
    const rows = await this.#rows<
      IdentityRow & {
        task_id: string;
        occurred_at: Date;
        data: { actor: Actor; changes: { field: string; to: unknown }[] };
      }
    >(
      lookUp(
        'tenant_id, cause_source as source, cause_id as id, task_id, occurred_at, data',
        'activity_log',
        { tenant_id: 'text', task_id: 'uuid', sequence: 'integer' },
      ),
      [tasks.map((task) => task.tenant_id), tasks.map(({ id }) => id), tasks.map(() => 1)],
    );
    return rows.map((row) => {
      const fields = Object.fromEntries(row.data.changes.map(({ field, to }) => [field, to]));
      const time = row.occurred_at.toISOString();
      return [
        identityKeyOf(row),
        { of: 'creation', time, taskId: row.task_id, actor: row.data.actor, fields },
      ];
    });
  }

  /** Rejections are not indexed by their cause: their shards' logs are gone through, which few events ask for. */
  async #rejections(applied: readonly AppliedRow[]): Promise<[string, Made['content']][]> {
    if (applied.length === 0) return [];
    const rows = await this.#rows<IdentityRow & { occurred_at: Date; data: { command: { data: unknown } } }>(
      `select tenant_id, cause_source as source, cause_id as id, occurred_at, data from rejection_log
        where shard = any ($1::smallint[])
          and (tenant_id, cause_source, cause_id) in (select * from unnest($2::text[], $3::text[], $4::text[]))`,
      [
        [...new Set(applied.map(({ shard }) => shard))],
        ...columnsOf(applied.map((row) => ({ ...row, tenantId: row.tenant_id }))),
      ],
    );
    return rows.map((row) => {
      const { data } = row.data.command;
      return [identityKeyOf(row), { of: 'rejection', time: row.occurred_at.toISOString(), data }];
    });
  }

  #rows<Row>(sql: string, parameters: unknown[]): Promise<Row[]> {
    return this.view.query(sql, parameters);
  }
}

const columnsOf = (events: readonly EventIdentity[]): string[][] => [
  events.map(({ tenantId }) => tenantId),
  events.map(({ source }) => source),
  events.map(({ id }) => id),
];
