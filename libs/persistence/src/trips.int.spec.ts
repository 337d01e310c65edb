import { type Socket } from 'node:net';
import { Client, type Pool } from 'pg';
import { type DataSource } from 'typeorm';
import { applyEvents, type ShardTransaction, TenantDirectory } from '#libs/processing';
import { anEvent, createCommand, createTestDatabase, type TestDatabase } from '#libs/testing';
import { createDataSource, PostgresShardStore, TaskLists } from './index';

let database: TestDatabase;
/** Of one connection, so that all that is sent can be seen. */
let app: DataSource;
beforeAll(async () => {
  database = await createTestDatabase();
  app = createDataSource({ url: database.url, poolSize: 1 });
  await app.initialize();
});
afterAll(async () => {
  await app?.destroy();
  await database?.drop();
});

/** How often something was sent after an answer: what waits for nothing and is sent together is one trip. */
async function tripsOf(work: () => Promise<unknown>): Promise<number> {
  const pool = (app.driver as unknown as { master: Pool }).master;
  const client = await pool.connect();
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  client.release();
  let trips = 0;
  let isAnswered = true;
  const heard = (): void => void (isAnswered = true);
  const write = stream.write.bind(stream) as (...sent: unknown[]) => boolean;
  stream.prependListener('data', heard);
  stream.write = (...sent: unknown[]) => {
    if (isAnswered) trips += 1;
    isAnswered = false;
    return write(...sent);
  };
  try {
    await work();
    return trips;
  } finally {
    stream.off('data', heard);
    delete (stream as Partial<Socket>).write;
  }
}

/** How many statements were sent. */
async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  const query = jest.spyOn(Client.prototype, 'query');
  try {
    await work();
    return query.mock.calls.length;
  } finally {
    query.mockRestore();
  }
}

describe('trips to the database (ADR 33), whatever the machine', () => {
  const directory = new TenantDirectory();

  /** A creation and its partition's position in each of the first shards, in one transaction. */
  const creating = (tenantId: string, round: number, shards = 1) => {
    const works = Array.from({ length: shards }, (_, shard) => ({
      shard,
      tenantIds: [tenantId],
      work: (tx: ShardTransaction) => {
        const names = { id: `${round}-${shard}`, tenantId, conversationId: `conv-${shard}` };
        const position = { topic: 'conversation-events.call', partition: shard, fingerprint: 'f' };
        return applyEvents(
          [anEvent(createCommand(), names)],
          { ...position, nextOffset: String(round) },
          tx,
          { directory, now: () => '2026-11-01T00:00:00.000Z' },
        );
      },
    }));
    return () => new PostgresShardStore(app).inShards(works);
  };

  it('a shard’s transaction of one creation takes six', async () => {
    // The first reads people and flows, which are remembered.
    await creating('acme', 1)();

    expect(await tripsOf(creating('acme', 2))).toBe(6);
    const [{ count }] = await database.owner.query('select count(*)::int as count from task');
    expect(count).toBe(2);
  });

  it('a transaction that twelve shards share takes six as well, and as many statements as one shard’s', async () => {
    await creating('shared', 1, 12)();
    expect(await tripsOf(creating('shared', 2, 12))).toBe(6);
    expect(await statementsOf(creating('shared', 3, 12))).toBe(await statementsOf(creating('shared', 4)));
  });

  it('a page of a list takes one, a search two, and a queue two', async () => {
    const lists = new TaskLists(app);
    const asked = { sort: 'createdAt', descending: true } as const;
    expect(await tripsOf(() => lists.page('acme', asked, null, 50))).toBe(1);
    expect(await tripsOf(() => lists.page('acme', { ...asked, words: 'refund' }, null, 50))).toBe(2);
    expect(await tripsOf(() => lists.queue('acme', { agentId: 'eli', teams: ['t'] }, null, 50))).toBe(2);
  });
});
