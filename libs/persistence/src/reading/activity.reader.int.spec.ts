import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { type ShardRange } from '../log.source';
import { type ActivityPage, ActivityReader, type LoggedActivity } from './activity.reader';

const RANGES = [
  { shard: 0, behind: 0, upTo: 60 },
  { shard: 1, behind: 10, upTo: 30 },
  { shard: 2, behind: 60, upTo: 60 },
];
const ROOMY = { entries: 1_000, bytes: 1_000_000 };

describe('reading on in the activity log', () => {
  let database: TestDatabase;
  let reader: ActivityReader;

  beforeAll(async () => {
    database = await createTestDatabase();
    // Every third is another tenant's; the data of some is large.
    await database.owner.query(
      `insert into activity_log
         (shard, position, tenant_id, task_id, sequence, conversation_id, type, occurred_at, recorded_at, cause_source, cause_id, data)
       select shard, position, case when position % 3 = 0 then 'other' else 'acme' end,
         ('00000000-0000-4000-8000-' || lpad((shard * 1000 + position)::text, 12, '0'))::uuid, 1, 'conv-1', 'task.created.v1',
         now(), now(), '/test', 'e-1', json_build_object('text', repeat('x', case when position % 7 = 0 then 5000 else 10 end))
       from generate_series(0, 2) shard, generate_series(1, 60) position`,
    );
    await database.owner.query('update shard_head set activity_position = 60 where shard < 3');
    reader = new ActivityReader(database.app, database.operator);
  });
  afterAll(() => database?.drop());

  const placesOf = (entries: readonly LoggedActivity[]) => entries.map((e) => `${e.shard}:${e.position}`);
  const expected = (isIn: (position: number) => boolean) =>
    RANGES.flatMap(({ shard, behind, upTo }) =>
      Array.from({ length: upTo - behind }, (_, i) => behind + 1 + i)
        .filter(isIn)
        .map((position) => `${shard}:${position}`),
    );

  test('all of the ranges, by shard and position', async () => {
    const { entries, isAll } = await reader.everything(RANGES, ROOMY);
    expect(isAll).toBe(true);
    expect(placesOf(entries)).toEqual(expected(() => true));
    expect(entries[0]).toMatchObject({
      tenantId: 'acme',
      key: '00000000-0000-4000-8000-000000000001',
      headers: { ce_type: 'task.created.v1', ce_correlationid: 'conv-1', position: '1' },
    });
    expect((await reader.ends()).get(2)).toBe(60);
  });

  test('a tenant’s own alone', async () => {
    const { entries } = await reader.ofTenant('other', RANGES, ROOMY);
    expect(placesOf(entries)).toEqual(expected((position) => position % 3 === 0));
    expect(await reader.ofTenant('nobody', RANGES, ROOMY)).toEqual({ entries: [], isAll: true });
  });

  test.each([
    ['entries', { entries: 7, bytes: 1_000_000 }],
    ['bytes', { entries: 1_000, bytes: 6_000 }],
    ['fewer bytes than an entry has', { entries: 1_000, bytes: 1 }],
    ['both', { entries: 20, bytes: 12_000 }],
  ])('pages by %s are all of it, each once', async (_, size) => {
    const found: string[] = [];
    let left: ShardRange[] = RANGES;
    for (let page: ActivityPage | undefined; !page?.isAll;) {
      page = await reader.ofTenant('acme', left, size);
      expect(page.entries.length).toBeLessThanOrEqual(size.entries);
      const bytes = page.entries.slice(0, -1).reduce((sum, { value }) => sum + value.length, 0);
      expect(bytes).toBeLessThan(size.bytes);
      found.push(...placesOf(page.entries));
      const last = page.entries.at(-1);
      if (!last) break;
      left = left
        .filter(({ shard }) => shard >= last.shard)
        .map((range) => (range.shard === last.shard ? { ...range, behind: last.position } : range));
    }
    expect(found).toEqual(expected((position) => position % 3 !== 0));
  });
});
