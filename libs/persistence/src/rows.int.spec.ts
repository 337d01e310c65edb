import fc from 'fast-check';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { insertRows, lookUp } from './rows';
import { seeTenants } from './transaction';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

describe('rows inserted by the column', () => {
  interface Row {
    text: string | null;
    json: unknown;
    bytes: Buffer | null;
    number: number | null;
    flag: boolean;
  }

  /** Everything that means something in an array's syntax, and what only looks as if it did. */
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      '',
      'NULL',
      'null',
      '{}',
      '{a,b}',
      '"',
      '\\',
      '\\"',
      '\\\\x00',
      ' a ',
      '\x1e',
      '\x1d',
      '\x01',
      "'",
      'ä"ö\\ü',
    ),
  );
  const row: fc.Arbitrary<Row> = fc.record({
    text: fc.option(text.map((value) => value.replaceAll('\0', ''))),
    json: fc.oneof(
      text.map((value) => ({ [value.replaceAll('\0', '')]: value.replaceAll('\0', '') })),
      fc.integer(),
      fc.constant(null),
    ),
    bytes: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
    number: fc.option(fc.integer()),
    flag: fc.boolean(),
  });

  it('are what was given, whatever their texts have in them', async () => {
    await db.owner.query('create table any_row (n int, t text, j json, b bytea, i bigint, f boolean)');
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (rows) => {
        await db.owner.query('truncate any_row');
        await insertRows<readonly [number, Row]>(
          db.owner.manager,
          'any_row',
          [
            ['n', 'int', ([n]) => n],
            ['t', 'text', ([, each]) => each.text],
            ['j', 'json', ([, each]) => (each.json === null ? null : JSON.stringify(each.json))],
            ['b', 'bytea', ([, each]) => each.bytes],
            ['i', 'bigint', ([, each]) => each.number],
            ['f', 'boolean', ([, each]) => each.flag],
          ],
          rows.map((each, n) => [n, each] as const),
        );
        const stored = await db.owner.query('select t, j::text as j, b, i, f from any_row order by n');
        expect(stored).toEqual(
          rows.map((each) => ({
            t: each.text,
            j: each.json === null ? null : JSON.stringify(each.json),
            b: each.bytes,
            i: each.number === null ? null : String(each.number),
            f: each.flag,
          })),
        );
      }),
      { numRuns: 100 },
    );
  });
});

describe('a look-up by keys', () => {
  const KEY = { tenant_id: 'text', id: 'uuid' };

  it.each([200, 5_000])(
    'goes through the key’s index alone, in a table of %i rows nobody has analyzed yet',
    async (count) => {
      await db.owner.query(`truncate task`);
      await db.owner.query(
        `insert into task (tenant_id, id, shard, conversation_id, channel, type, priority, status, title, created_by_kind,
           created_by_id, created_at, updated_at, overdue, version, origin_source, origin_event_id, origin_key)
         select 'acme', gen_random_uuid(), 0, 'conversation-' || n, 'call', 'follow_up', 'high', 'to_do', 'Call back', 'agent', 'eli',
           now(), now(), false, 1, '/test', 'event-' || n, sha256(n::text::bytea) from generate_series(1, $1::int) n`,
        [count],
      );
      const ids = await db.owner.query<{ id: string }[]>('select id from task limit 100');
      const runner = db.app.createQueryRunner();
      try {
        await runner.startTransaction();
        await seeTenants(runner, ['acme']);
        const keys = [ids.map(() => 'acme'), ids.map(({ id }) => id)];
        const sql = lookUp('*', 'task', KEY);
        expect(await runner.query(sql, keys)).toHaveLength(100);
        const plan: { 'QUERY PLAN': string }[] = await runner.query(
          `explain (analyze, timing off) ${sql}`,
          keys,
        );
        const lines = plan.map((line) => line['QUERY PLAN']);
        const visited = lines.map((line) => Number(/Rows Removed by Filter: (\d+)/.exec(line)?.[1] ?? 0));
        // For a few hundred rows any index will do; for more it has to be the right one.
        expect(Math.max(...visited)).toBeLessThanOrEqual(count > 1_000 ? 0 : count);
        expect(lines.some((line) => line.includes('Seq Scan') || line.includes('Hash Join'))).toBe(false);
      } finally {
        await runner.rollbackTransaction();
        await runner.release();
      }
    },
  );
});
