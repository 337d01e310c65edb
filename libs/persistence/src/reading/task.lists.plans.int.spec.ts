import { createTestDatabase, insertTaskRows, type TestDatabase } from '#libs/testing';
import { pageOfFacets } from './facet.statement';
import { type Gathered, pageOfGathered } from './gathered.statement';
import { facetsOf } from './task.facets';
import { TaskLists } from './task.lists';
import { QUEUE, type Sorting, SORTINGS } from './task.order';
import { facetedIn, type TaskQuestion } from './task.question';
import { queryTenant } from './tenant.query';

jest.setTimeout(120_000);

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  // What the planner knows is said by the tests that it matters to.
  await database.owner.query('alter table task set (autovacuum_enabled = false)');
});
afterAll(() => database?.drop());

/** A node of a plan, as `explain` has it. */
interface PlanNode {
  'Relation Name'?: string;
  'Actual Loops': number;
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

/** How a statement was run that sees this tenant. */
async function planOf(tenantId: string, statement: ReturnType<typeof pageOfFacets>): Promise<PlanNode> {
  const { sql, parameters } = statement;
  const [row] = await queryTenant<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    database.app,
    tenantId,
    `explain (analyze, format json) ${sql}`,
    parameters,
  );
  return row!['QUERY PLAN'][0].Plan;
}

/** How often the tasks of a facet were looked for. */
function timesRead({ Plans = [], ...node }: PlanNode): number {
  const own = node['Relation Name'] === 'task' ? node['Actual Loops'] : 0;
  return Math.max(own, ...Plans.map(timesRead));
}

/** How many tasks were come upon, those there was no use for included. */
function tasksLookedAt({ Plans = [], ...node }: PlanNode): number {
  const own = node['Actual Loops'] * (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0));
  return Plans.map(tasksLookedAt).reduce(
    (sum, looked) => sum + looked,
    node['Relation Name'] === 'task' ? own : 0,
  );
}

test('a page is read with one statement where tasks are spread over the facets as they usually are', async () => {
  // Of twenty tasks eighteen are resolved, of five three are of medium priority, of three two are to follow up.
  await insertTaskRows(database.owner, 'usual', 5000, {
    channel: `(array['call', 'message', 'whatsapp'])[1 + n % 3]`,
    type: `(array['follow_up', 'follow_up', 'internal'])[1 + n / 3 % 3]`,
    priority: `(array['low', 'medium', 'medium', 'medium', 'high'])[1 + n / 9 % 5]`,
    status: `case n / 45 % 20 when 0 then 'to_do' when 1 then 'in_progress' else 'resolved' end`,
    created_at: `timestamptz '2026-03-01' + n * 7919 % 5003 * interval '1 minute'`,
  });
  let statements = 0;
  const counted = new Proxy(database.app, {
    get(target, name, receiver) {
      if (name === 'createQueryRunner') statements += 1;
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  const filters: Partial<TaskQuestion>[] = [
    {},
    { channel: ['call'] },
    { priority: ['medium'] },
    { type: ['follow_up'] },
    { status: ['resolved'] },
  ];
  for (const asked of filters)
    for (const limit of [50, 200]) {
      statements = 0;
      const question = { ...asked, sort: 'createdAt' as const, descending: true };
      const page = await new TaskLists(counted).page('usual', question, null, limit);
      expect(page.items).toHaveLength(limit);
      expect([asked, limit, statements]).toEqual([asked, limit, 1]);
    }
});

test('of a list by rank no facet is read whose rank comes after the page is full', async () => {
  // Of each facet one task.
  await insertTaskRows(database.owner, 'ranked', 32, {
    assignee_kind: `(array['agent', 'team'])[1 + n % 2]`,
    assignee_id: `(array['eli', 'bookings'])[1 + n % 2]`,
    priority: `(array['low', 'medium', 'high', 'critical'])[1 + n / 2 % 4]`,
    status: `(array['to_do', 'in_progress'])[1 + n / 8 % 2]`,
    overdue: 'n / 16 % 2 = 0',
    due_at: `timestamptz '2026-03-01'`,
  });
  const facets = facetsOf({
    assignees: [
      { kind: 'agent', id: 'eli' },
      { kind: 'team', id: 'bookings' },
    ],
    status: ['to_do', 'in_progress'],
  });
  const facetsRead = async (sorting: Sorting): Promise<number> => {
    const wanted = { sorting, descending: false, after: null, limit: 3 };
    return timesRead(
      await planOf('ranked', pageOfFacets('ranked', { facets, bounds: {}, others: [] }, wanted, 4)),
    );
  };
  expect(await facetsRead(SORTINGS.dueAt)).toBe(32);
  // Those overdue and critical fill it, and the first of the next rank tells that they were all.
  expect(await facetsRead(QUEUE)).toBe(5);
});

describe.each(['nobody has analyzed yet', 'was just analyzed', 'was analyzed before the tenant came'])(
  'in a table of tasks that %s',
  (state) => {
    const tenant = `steady, ${state}`;
    beforeAll(async () => {
      // For 50 days a task every nine minutes, due an hour later; every fourth is not due, and is cancelled.
      const at = `timestamptz '2026-01-01T00:00:00Z' + n * interval '9 minutes'`;
      await insertTaskRows(database.owner, tenant, 8000, {
        conversation_id: `'conv-' || n % 2000`,
        status: `case when n % 4 = 0 then 'cancelled' else 'to_do' end`,
        created_at: at,
        due_at: `case when n % 4 > 0 then ${at} + interval '1 hour' end`,
      });
      if (state === 'was just analyzed') await database.owner.query('analyze task');
    });

    const read = async (asked: Partial<TaskQuestion>, descending: boolean): Promise<PlanNode> => {
      const kind = { priority: ['low' as const], channel: ['call' as const], type: ['internal' as const] };
      const question: TaskQuestion = { sort: 'createdAt', descending, overdue: false, ...kind, ...asked };
      const wanted = { sorting: SORTINGS[question.sort], descending, after: null, limit: 3 };
      return planOf(tenant, pageOfFacets(tenant, facetedIn(question), wanted, 4));
    };

    test('with bounds on the due date no task is looked at that is far from them, in whichever order', async () => {
      const looked = async (asked: Partial<TaskQuestion>, descending: boolean): Promise<number> =>
        tasksLookedAt(await read({ status: ['to_do'], ...asked }, descending));
      // Those of an hour, and not those of the 45 days that came after.
      expect(await looked({ dueBefore: '2026-01-06T00:00:00.000Z' }, true)).toBeLessThan(20);
      // Those of 31 days, and not all of the 45 before.
      expect(await looked({ dueAfter: '2026-02-15T00:00:00.000Z' }, false)).toBeLessThan(4_000);
      // And where too few fit, none before those days either.
      expect(await looked({ dueAfter: '2026-02-20T00:00:00.000Z' }, true)).toBeLessThan(4_000);
      expect(await looked({ dueBefore: '2026-01-01T03:00:00.000Z' }, false)).toBeLessThan(20);
      // By due date, none of the two thousand without one, which come last.
      for (const descending of [true, false]) {
        const asked = { sort: 'dueAt' as const, status: ['cancelled' as const] };
        const plan = await read({ ...asked, dueAfter: '2026-01-06T00:00:00.000Z' }, descending);
        expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThan(8);
      }
    });

    test('of a list no task is looked at that is not on the page, of a conversation none that is another’s', async () => {
      for (const sort of ['createdAt', 'dueAt', 'priority'] as const)
        for (const descending of [true, false])
          expect(tasksLookedAt(await read({ sort }, descending))).toBeLessThan(20);
      const gathered: Gathered = { among: 'task', where: [['conversation_id = ?', 'conv-7']] };
      const wanted = { sorting: SORTINGS.createdAt, descending: true, after: null, limit: 3 };
      expect(tasksLookedAt(await planOf(tenant, pageOfGathered(tenant, gathered, wanted)))).toBeLessThan(20);
    });
  },
);

test('a word that PostgreSQL knows to be very common is not counted', async () => {
  /** The word to begin with, and how often the index was read for it. */
  const search = (words: string): Promise<[word: string | null, reads: number]> =>
    database.app.transaction(async (manager) => {
      const one = async <T>(sql: string, parameters: unknown[] = []): Promise<T> =>
        Object.values((await manager.query<object[]>(sql, parameters))[0]!)[0] as T;
      const reads = (): Promise<number> =>
        one(`select pg_stat_get_xact_numscans('task_by_words'::regclass)::int`);
      await one(`select set_config('conversation_tasks.tenants', '{common}', true)`);
      const before = await reads();
      const word = await one<string | null>(`select rarest_word('common', $1, 20)`, [words]);
      return [word && word.replace('common\u001f', ''), (await reads()) - before];
    });
  await insertTaskRows(database.owner, 'common', 1000, {
    title: `case n when 7 then 'Call Oslo' else 'Call' end`,
  });
  // It knows nothing yet.
  expect(await search('call')).toEqual([null, 1]);
  await database.owner.query('analyze task');
  expect(await search('call')).toEqual([null, 0]);
  // One it does not know is counted.
  expect(await search('call Oslo')).toEqual(['oslo', 1]);
  expect(await search('call nowhere')).toEqual(['nowhere', 1]);
});
