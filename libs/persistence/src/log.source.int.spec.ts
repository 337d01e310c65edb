import { Client } from 'pg';
import { anEvent, createCommand, createTestDatabase, type TestDatabase } from '#libs/testing';
import { FEW_ENTRIES } from '#libs/relay';
import { applyEvents, TenantDirectory } from '#libs/processing';
import { PostgresLogSource, PostgresShardStore } from './index';

describe('the log as the relay reads it', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
    const store = new PostgresShardStore(db.app);
    const directory = new TenantDirectory();
    for (const [shard, count] of [
      [1, 3],
      [2, FEW_ENTRIES + 5],
      [4, 1],
    ] as const) {
      const events = Array.from({ length: count }, (_, i) =>
        anEvent(createCommand({ title: `${shard} ${i + 1}` }), { id: `${shard}-${i}` }),
      );
      await store.inShard(shard, ['acme'], (tx) =>
        applyEvents(events, null, tx, { directory, now: () => '2026-11-01T00:00:00.000Z' }),
      );
    }
  });
  afterAll(() => db.drop());

  const titles = (entries: { position: number; value: string }[]): [number, string][] =>
    entries.map(({ position, value }) => [
      position,
      (JSON.parse(value) as { task: { title: string } }).task.title,
    ]);

  it('a few entries of several shards are read with one statement, each shard’s for itself', async () => {
    const source = new PostgresLogSource(db.operator);
    const query = jest.spyOn(Client.prototype, 'query');
    try {
      const read = await Promise.all([
        source.read('activity', 2, 1, 3),
        source.read('activity', 1, 0, FEW_ENTRIES),
        source.read('activity', 3, 0, 10),
        source.read('activity', 4, 1, 10),
      ]);
      expect(query).toHaveBeenCalledTimes(1);
      expect(read.map(titles)).toEqual([
        [
          [2, '2 2'],
          [3, '2 3'],
          [4, '2 4'],
        ],
        [
          [1, '1 1'],
          [2, '1 2'],
          [3, '1 3'],
        ],
        [],
        [],
      ]);
    } finally {
      query.mockRestore();
    }
  });

  it('few or many, they are the same entries', async () => {
    const source = new PostgresLogSource(db.operator);
    const many = await source.read('activity', 2, 3, FEW_ENTRIES + 1);
    expect(many).toHaveLength(FEW_ENTRIES + 1);
    expect(await source.read('activity', 2, 3, FEW_ENTRIES)).toEqual(many.slice(0, -1));
  });
});
