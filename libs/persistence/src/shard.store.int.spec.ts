import { aRecord, createTestDatabase, MemoryShardStore, type TestDatabase } from '#libs/testing';
import { Interrupted, StoreOutage } from '#libs/processing';
import { type Pool } from 'pg';
import {
  asStoreError,
  createDataSource,
  InputPositionStore,
  PostgresTaskFinder,
  PostgresShardStore,
  PostgresTimerSource,
  WorkforceStore,
} from './index';
import { shardStoreContract } from './shard.store.contract';

describe('the shard store on PostgreSQL', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  shardStoreContract(() => ({
    store: new PostgresShardStore(db.app),
    timers: new PostgresTimerSource(db.operator),
    finder: new PostgresTaskFinder(db.operator),
    activities: async () => {
      const rows = await db.owner.query(
        `select shard, position, data->'task'->>'title' as title from activity_log order by 1, 2`,
      );
      return rows.map((row: { shard: number; position: string; title: string }) => ({
        ...row,
        position: Number(row.position),
      }));
    },
    counts: async () => {
      const [row] = await db.owner.query(
        `select (select count(*)::int from conversation) as conversations, (select count(*)::int from conversation_message) as messages,
                (select count(*)::int from conversation_outcome) as outcomes, (select count(*)::int from applied_event) as applied,
                (select count(*)::int from task) as tasks`,
      );
      return row;
    },
    position: async (topic, partition) => {
      const [row] = await db.owner.query(
        `select next_offset from input_position where topic = $1 and partition = $2`,
        [topic, partition],
      );
      return row?.next_offset ?? null;
    },
  }));

  it('sees nothing of another tenant, whatever is asked for', async () => {
    const store = new PostgresShardStore(db.app);
    await db.owner.query(
      `insert into conversation (tenant_id, id, shard, channel, first_event_at) values ('theirs', 'conv', 0, 'call', now())`,
    );
    const asked = [{ tenantId: 'theirs', conversationId: 'conv' }];
    expect(await store.inShard(0, ['mine'], (tx) => tx.conversations(asked))).toEqual([]);
    expect(await store.inShard(0, ['mine', 'theirs'], (tx) => tx.conversations(asked))).toHaveLength(1);
  });

  it('calls a connection that ends under it an outage', async () => {
    const store = new PostgresShardStore(db.app);
    const killed = store.inShard(0, ['x'], async (tx) => {
      await db.owner.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = $1 and state = 'idle in transaction'`,
        [new URL(db.url).username],
      );
      return tx.heads();
    });
    await expect(killed).rejects.toBeInstanceOf(StoreOutage);
    await expect(store.inShard(0, ['x'], (tx) => tx.heads())).resolves.toBeDefined();
  });

  it('calls a host whose name does not resolve an outage', async () => {
    const gone = createDataSource({ url: db.url });
    await gone.initialize();
    // As when the name service fails after the start: the next connection looks the name up again.
    const pool = (gone.driver as unknown as { master: Pool }).master;
    pool.options.host = 'no-such-host.invalid';
    delete pool.options.connectionString;
    await Promise.all(
      Array.from({ length: pool.idleCount }, async () => (await pool.connect()).release(true)),
    );
    await expect(new PostgresShardStore(gone).inShard(0, ['x'], (tx) => tx.heads())).rejects.toBeInstanceOf(
      StoreOutage,
    );
    const position = { topic: 'workforce', partition: 0, nextOffset: '1', fingerprint: 'f' };
    await expect(new WorkforceStore(gone).apply([], position)).rejects.toBeInstanceOf(StoreOutage);
    await gone.destroy();
  });

  it('forgets the workforce with its topic’s position, so that a topic made anew is taken as it is', async () => {
    const [store, positions] = [new WorkforceStore(db.app), new InputPositionStore(db.operator)];
    const apply = (id: string, body: Record<string, unknown> | null, offset: string): Promise<number> =>
      store.apply(
        [
          {
            change: { tenantId: 'w', kind: 'agent', id, body, event: null },
            record: aRecord(Number(offset), null, { topic: 'workforce' }),
          },
        ],
        { topic: 'workforce', partition: 0, nextOffset: String(Number(offset) + 1), fingerprint: 'f' },
      );
    const people = (): Promise<{ id: string }[]> =>
      db.owner.query(`select id from workforce_entry where tenant_id = 'w' and body is not null order by id`);
    await apply('dana', { id: 'dana' }, '500');
    await apply('eli', { id: 'eli' }, '501');
    await apply('dana', null, '3');
    expect(await people()).toEqual([{ id: 'dana' }, { id: 'eli' }]);
    expect(await positions.forget('workforce')).toBe(1);
    await apply('dana', { id: 'dana', name: 'new' }, '0');
    expect(await people()).toEqual([{ id: 'dana' }]);
  });

  it.each([
    ['a value out of range', `select 1/0`],
    ['a text PostgreSQL cannot store', `select '{"a":"\\u0000"}'::jsonb`],
    ['a year 0000', `select '0000-01-01'::timestamptz`],
  ])('calls %s a fault of the data', async (_, sql) => {
    const error = asStoreError(await db.app.query(sql).catch((caught: unknown) => caught));
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(StoreOutage);
  });

  it.each([
    ['a missing table', `select * from no_such_table`],
    ['a missing right', `delete from task`],
  ])('calls %s an outage: no message can be at fault', async (_, sql) => {
    expect(asStoreError(await db.app.query(sql).catch((caught: unknown) => caught))).toBeInstanceOf(
      StoreOutage,
    );
  });

  it('leaves errors that are not the database’s alone', () => {
    const error = new Interrupted('x');
    expect(asStoreError(error)).toBe(error);
  });
});

describe('the shard store in memory', () => {
  const store = new MemoryShardStore();
  shardStoreContract(() => ({
    store,
    timers: store,
    finder: store,
    activities: async () =>
      store.state.activities
        .map(({ shard, position, task }) => ({ shard, position, title: task.title }))
        .sort((a, b) => a.shard - b.shard || a.position - b.position),
    counts: async () => ({
      conversations: store.state.conversations.size,
      messages: store.state.messages.size,
      outcomes: store.state.outcomes.size,
      applied: store.state.applied.size,
      tasks: store.state.tasks.size,
    }),
    position: async (topic, partition) =>
      store.state.positions.get(`${topic}/${partition}`)?.nextOffset ?? null,
  }));
});
