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
  it('a shard’s transaction of one creation takes six', async () => {
    const directory = new TenantDirectory();
    const now = () => '2026-11-01T00:00:00.000Z';
    const create = (id: string, offset: number) => () =>
      new PostgresShardStore(app).inShard(0, ['acme'], (tx) => {
        const position = { topic: 'conversation-events.call', partition: 0, fingerprint: 'f' };
        const next = { ...position, nextOffset: String(offset + 1) };
        return applyEvents([anEvent(createCommand(), { id })], next, tx, { directory, now });
      });
    // The first reads people and flows, which are remembered.
    await create('e1', 0)();

    expect(await tripsOf(create('e2', 1))).toBe(6);
    const [{ count }] = await database.owner.query('select count(*)::int as count from task');
    expect(count).toBe(2);
  });

  it('a transaction that twelve shards share takes six as well, and as many statements as one shard’s', async () => {
    const directory = new TenantDirectory();
    const now = () => '2026-11-01T00:00:00.000Z';
    const creating = (round: string, shards: number) => async () => {
      const works = Array.from({ length: shards }, (_, shard) => ({
        shard,
        tenantIds: ['shared'],
        work: (tx: ShardTransaction) => {
          const event = anEvent(createCommand(), {
            id: `${round}-${shard}`,
            tenantId: 'shared',
            conversationId: `conv-${shard}`,
          });
          const next = {
            topic: 'conversation-events.call',
            partition: shard,
            fingerprint: 'f',
            nextOffset: round,
          };
          return applyEvents([event], next, tx, { directory, now });
        },
      }));
      await new PostgresShardStore(app).inShards(works);
    };
    await creating('1', 12)();
    expect(await tripsOf(creating('2', 12))).toBe(6);
    expect(await statementsOf(creating('3', 12))).toBe(await statementsOf(creating('4', 1)));
  });

  it('a page of a list takes one, a search two, and a queue two', async () => {
    const lists = new TaskLists(app);
    const asked = { sort: 'createdAt', descending: true } as const;
    expect(await tripsOf(() => lists.page('acme', asked, null, 50))).toBe(1);
    expect(await tripsOf(() => lists.page('acme', { ...asked, words: 'refund' }, null, 50))).toBe(2);
    expect(await tripsOf(() => lists.queue('acme', { agentId: 'eli', teams: ['t'] }, null, 50))).toBe(2);
  });
});
