import { type StoredOutcome } from '#libs/processing';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { OutcomeReader } from './outcome.reader';

const OUTCOMES = 1_000;
/** As they are written: each moment has 300 of them, and every tenth is as large as an event may be. */
const idOf = (i: number): string => `e-${String(i).padStart(4, '0')}`;
const momentOf = (i: number): number => Math.floor(i / 300);
const timeOf = (i: number): string => `2026-03-02T10:0${momentOf(i)}:00.000Z`;
const LATEST_FIRST = Array.from({ length: OUTCOMES }, (_, i) => i).sort(
  (a, b) => momentOf(b) - momentOf(a) || b - a,
);

describe('reading stored outcomes', () => {
  let database: TestDatabase;
  let reader: OutcomeReader;

  beforeAll(async () => {
    database = await createTestDatabase();
    for (const tenant of ['acme', 'other']) {
      await database.owner.query(
        `insert into conversation (tenant_id, id, shard, channel, first_event_at, customer_id, customer_name)
           select $1, 'conv-' || n, 0, 'call', '2026-03-02T09:00:00Z', 'c', $1 || n from generate_series(0, 6) n`,
        [tenant],
      );
      await database.owner.query(
        `insert into conversation_outcome (tenant_id, source, event_id, conversation_id, channel, occurred_at, data)
           select $1, '/bot', 'e-' || lpad(i::text, 4, '0'), 'conv-' || (i % 7), 'call',
             '2026-03-02T10:00:00Z'::timestamptz + (i / 300) * interval '1 minute',
             jsonb_build_object('n', i, 'text', repeat('x', case when i % 10 = 0 then 250000 else 10 end))
           from generate_series(0, $2::int - 1) i`,
        [tenant, OUTCOMES],
      );
    }
    reader = new OutcomeReader(database.app);
  });
  afterAll(() => database?.drop());

  const all = async (tenant: string, since: string | null = null): Promise<StoredOutcome[]> => {
    const found: StoredOutcome[] = [];
    for await (const outcome of reader.latestFirst(tenant, since)) found.push(outcome);
    return found;
  };

  test('each once, the latest first, over pages that end in the midst of a moment, or by their size', async () => {
    const found = await all('acme');
    expect(found.map(({ event }) => event.id)).toEqual(LATEST_FIRST.map(idOf));
    expect(found[0]).toMatchObject({
      event: {
        ...{ tenantId: 'acme', source: '/bot', id: idOf(999), conversationId: 'conv-5', channel: 'call' },
        ...{ time: timeOf(999), body: { type: 'conversation.outcome.v1', data: { n: 999 } } },
      },
      conversation: { id: 'conv-5', customer: { name: 'acme5' } },
    });
  });

  test('from a moment on, that moment included', async () => {
    const found = await all('acme', timeOf(600));
    expect(found.map(({ event }) => event.id)).toEqual(LATEST_FIRST.filter((i) => i >= 600).map(idOf));
    expect(await reader.count('acme', timeOf(600), 10_000)).toBe(400);
  });

  test('are counted no further than asked for', async () => {
    expect(await reader.count('acme', null, 10_000)).toBe(OUTCOMES);
    expect(await reader.count('acme', null, 7)).toBe(7);
  });

  test('are one’s own', async () => {
    expect(new Set((await all('other')).map(({ conversation }) => conversation.tenantId))).toEqual(
      new Set(['other']),
    );
    expect(await all('nobody')).toEqual([]);
    expect(await reader.count('nobody', null, 10)).toBe(0);
  });

  test('no page holds much more than a mebibyte, and none is empty before the end', async () => {
    const sizes: number[] = [];
    const spy = jest.spyOn(OutcomeReader.prototype, 'page');
    await all('acme');
    for (const { value } of spy.mock.results) {
      const { outcomes } = await (value as ReturnType<OutcomeReader['page']>);
      sizes.push(Buffer.byteLength(JSON.stringify(outcomes)));
    }
    spy.mockRestore();
    expect(sizes.length).toBeGreaterThan(5);
    expect(Math.max(...sizes)).toBeLessThan(1_024 * 1_024 + 400_000);
  });
});
