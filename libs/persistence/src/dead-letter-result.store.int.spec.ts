import { type LetterResult } from '#libs/dead-letters';
import { aRecord, createTestDatabase, type TestDatabase } from '#libs/testing';
import { DeadLetterResultStore, OperationStore, WorkforceStore } from './index';

const letter = (
  offset: string,
  result: LetterResult['result'],
  changes: Partial<LetterResult> = {},
): LetterResult => ({
  topic: 'conversation-events.call',
  partition: 3,
  offset,
  fingerprint: 'f',
  attempt: 1,
  result,
  code: null,
  edited: null,
  ...changes,
});

describe('what operators made of dead letters', () => {
  let db: TestDatabase;
  let store: DeadLetterResultStore;
  const operation = (reason: string): Promise<string> =>
    new OperationStore(db.operator).begin({
      kind: 'redrive',
      startedBy: 'ops:ada',
      reason,
      parameters: {},
      progress: {},
    });

  beforeAll(async () => {
    db = await createTestDatabase();
    store = new DeadLetterResultStore(db.operator);
  });
  afterAll(() => db.drop());

  it('says which need nobody any more, and of which record', async () => {
    const id = await operation('one');
    const big = '9007199254740993';
    const results = [
      'applied',
      'duplicate',
      'rejected',
      'outdated',
      'discarded',
      'failed',
      'skipped',
    ] as const;
    await store.record(
      id,
      results.map((result, i) => letter(String(i), result)),
    );
    await store.record(id, [letter(big, 'applied', { fingerprint: 'g' })]);
    const places = [...results.keys()]
      .map(String)
      .concat(big, '99')
      .map((offset) => letter(offset, 'applied'));
    const found = await store.resolutionsOf(places);
    expect(found.map(({ offset, fingerprint, resolved }) => [offset, fingerprint, resolved])).toEqual([
      ['0', 'f', 'redriven'],
      ['1', 'f', 'redriven'],
      ['2', 'f', 'redriven'],
      ['3', 'f', 'redriven'],
      ['4', 'f', 'discarded'],
      [big, 'g', 'redriven'],
    ]);
    expect(await store.resolutionsOf([])).toEqual([]);
  });

  it('says which redrives failed, and of which failure, but for those of an edited letter', async () => {
    await store.record(await operation('a try'), [letter('40', 'failed'), letter('41', 'applied')]);
    await store.record(await operation('again'), [letter('40', 'failed', { attempt: 2 })]);
    await store.record(await operation('edited'), [letter('40', 'failed', { attempt: 3, edited: 'e' })]);
    const found = await store.failuresOf(['40', '41', '42'].map((offset) => letter(offset, 'failed')));
    expect(found.map(({ offset, attempt }) => [offset, attempt]).sort()).toEqual([
      ['40', 1],
      ['40', 2],
    ]);
    expect(await store.failuresOf([])).toEqual([]);
  });

  it('tells a letter’s history: what was made of it, by whom and why', async () => {
    const [one, two] = [await operation('a try'), await operation('again')];
    await store.record(one, [letter('50', 'failed', { code: 'flow_unreadable' })]);
    await store.record(one, [letter('50', 'applied')]);
    await store.record(two, [letter('50', 'applied', { attempt: 2, edited: 'e' })]);
    expect(await store.historyOf(letter('50', 'applied'))).toMatchObject([
      {
        result: 'failed',
        code: 'flow_unreadable',
        attempt: 1,
        startedBy: 'ops:ada',
        reason: 'a try',
        operationId: one,
      },
      { result: 'applied', attempt: 2, edited: 'e', reason: 'again' },
    ]);
  });

  it('is nothing the application’s role may write, and nothing anybody may change', async () => {
    const id = await operation('x');
    await expect(new DeadLetterResultStore(db.app).record(id, [letter('60', 'applied')])).rejects.toThrow(
      /permission denied/,
    );
    await expect(db.operator.query(`update dead_letter_result set result = 'applied'`)).rejects.toThrow(
      /permission denied/,
    );
    await expect(db.operator.query('delete from dead_letter_result')).rejects.toThrow(/permission denied/);
  });
});

describe('a workforce record that comes late', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  it('changes what is older, leaves what is newer, moves no position, and can be rehearsed', async () => {
    const store = new WorkforceStore(db.app);
    const record = (id: string, offset: string) => ({
      change: { tenantId: 'w', kind: 'agent' as const, id, body: { id, offset }, event: null },
      record: aRecord(Number(offset), null, { topic: 'workforce' }),
    });
    const rows = (): Promise<unknown[]> =>
      db.owner
        .query(`select id, body, source_offset, (select sum(workforce) from tenant_revision) as revision,
        (select count(*) from input_position) as positions from workforce_entry order by id`);
    await store.apply([record('dana', '10')], null);
    const before = await rows();
    expect(await store.rehearse([record('dana', '11'), record('eli', '1')])).toBe(2);
    expect(await store.rehearse([record('dana', '9')])).toBe(0);
    expect(await store.apply([record('dana', '9')], null)).toBe(0);
    expect(await store.apply([record('dana', '10')], null)).toBe(0);
    expect(await rows()).toEqual(before);
    expect(await store.apply([record('dana', '11')], null)).toBe(1);
    expect(await rows()).toMatchObject([{ body: { offset: '11' }, revision: '2', positions: '0' }]);
  });
});
