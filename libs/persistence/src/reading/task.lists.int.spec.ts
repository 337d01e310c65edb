import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { type Task } from '#libs/domain';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { type TaskRow, taskFrom } from '../row.readers';
import { pageOfFacets } from './facet.statement';
import { type Gathered, pageOfGathered } from './gathered.statement';
import { facetsOf } from './task.facets';
import { TaskLists } from './task.lists';
import { QUEUE, type Sorting, SORTINGS } from './task.order';
import { facetedIn, type TaskQuestion } from './task.question';
import { type Keyset, type Page } from './keyset';
import { queryTenant } from './tenant.query';

jest.setTimeout(120_000);

const STATUSES = ['to_do', 'in_progress', 'resolved', 'cancelled'] as const;
const PRIORITIES = ['critical', 'high', 'medium', 'low'] as const;
const CHANNELS = ['call', 'message', 'whatsapp'] as const;
const TYPES = ['follow_up', 'internal'] as const;
const TENANTS = ['acme', 'other'];
const WHO = ['eli', 'mia', 'bookings'];
/** What titles and descriptions are made of: most have the first, few the last. */
const WORDS = ['back', 'Refund', 'Zürich', 'x-17'];
/** Few moments, so that many tasks have the same. */
const MOMENTS = Array.from({ length: 6 }, (_, day) => `2026-03-0${day + 1}T10:00:00.000Z`);
/** Before creation, soon after it, 31 days after it, and later. */
const DUES = [...MOMENTS, '2026-04-03T10:00:00.000Z'];

let database: TestDatabase;
let lists: TaskLists;
/** What is there, as the owner sees it. */
let tasks: Task[];
/** What is known of the customers of `acme`, by conversation: every tenth. */
const CUSTOMERS = new Map(
  ['conv-0', 'conv-10', 'conv-20', 'conv-30'].map((id, i) => [
    id,
    { id: `c-${i}`, name: pick(['Anna MEIER', 'Anna Refund']), address: `anna${i}@example.org` },
  ]),
);

function pick<T>(from: readonly T[]): T {
  return from[Math.floor(Math.random() * from.length)]!;
}

beforeAll(async () => {
  database = await createTestDatabase();
  // What the planner knows is said by the tests that it matters to.
  await database.owner.query('alter table task set (autovacuum_enabled = false)');
  // Few, so that some words have more, and others less.
  lists = new TaskLists(database.app, { lookedThrough: 50, uncommon: 200, counted: 300 });
  const rows = Array.from({ length: 900 }, (_, nth) => {
    const status = pick(STATUSES);
    const isOpen = status === 'to_do' || status === 'in_progress';
    const kind = pick(['agent', 'team', null]);
    const who = kind && pick(WHO);
    const due = Math.random() < 0.7 ? pick(DUES) : null;
    const claimed = kind === 'team' && Math.random() < 0.5 ? pick(['eli', 'mia']) : null;
    const facets = [pick(TENANTS), pick(CHANNELS), pick(TYPES), pick(PRIORITIES), status];
    const own = [kind, who, claimed, due, isOpen && due !== null && Math.random() < 0.4];
    const said = (): string =>
      WORDS.filter((_, rarity) => Math.random() < [0.9, 0.6, 0.1, 0.01][rarity]!).join(' ');
    const texts = [`Call ${said()}`, Math.random() < 0.5 ? said() : null];
    return [randomUUID(), `conv-${nth % 40}`, ...facets, ...own, pick(MOMENTS), ...texts, String(nth)];
  });
  const columns = Array.from({ length: rows[0]!.length }, (_, i) => rows.map((row) => row[i]));
  await database.owner.query(
    `insert into task (id, conversation_id, tenant_id, channel, type, priority, status, assignee_kind, assignee_id, claimed_by,
       due_at, overdue, created_at, title, description, origin_event_id, shard, created_by_kind, created_by_id, updated_at, version, origin_source, origin_key)
     select *, 0, 'agent', 'eli', now(), 1, '/test', sha256(event::bytea)
       from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
         $11::timestamptz[], $12::boolean[], $13::timestamptz[], $14::text[], $15::text[], $16::text[]) as t (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, event)`,
    columns,
  );
  for (const tenant of TENANTS)
    for (const [id, customer] of CUSTOMERS)
      await database.owner.query(
        `insert into conversation (tenant_id, id, shard, channel, first_event_at, customer_id, customer_name, customer_address)
         values ($1, $2, 0, 'call', now(), $3, $4, $5)`,
        [tenant, id, customer.id, customer.name, customer.address],
      );
  tasks = (await database.owner.query<TaskRow[]>('select * from task')).map(taskFrom);
  expect(tasks).toHaveLength(900);
});
afterAll(() => database?.drop());

/** All pages of a list, each as long as told but the last. */
async function allPages(
  limit: number,
  page: (after: Keyset | null) => Promise<Page<Task>>,
  mayBeShort = false,
): Promise<Task[]> {
  const found: Task[] = [];
  for (let after: Keyset | null = null; ;) {
    const { items, next } = await page(after);
    found.push(...items);
    if (!next) return found;
    if (!mayBeShort) expect(items).toHaveLength(limit);
    expect(items.length).toBeLessThanOrEqual(limit);
    after = next;
  }
}

const saidIn = (text: string): string[] => text.toLowerCase().split(' ').filter(Boolean);

function wordsOf({ title, description, conversationId }: Task): string[] {
  const { name = '', id = '', address = '' } = CUSTOMERS.get(conversationId) ?? {};
  return saidIn([title, description ?? '', name, id, address].join(' '));
}

type Question = Omit<TaskQuestion, 'sort' | 'descending'>;

function fits(task: Task, question: Question): boolean {
  const { assignee, team, dueBefore, dueAfter, words = '' } = question;
  const isOf = (kind: string, id: string | undefined): boolean =>
    id !== undefined && task.assignee?.kind === kind && task.assignee.id === id;
  return (
    (['status', 'type', 'priority', 'channel'] as const).every(
      (field) => !question[field] || (question[field] as string[]).includes(task[field]),
    ) &&
    ((assignee === undefined && team === undefined) || isOf('agent', assignee) || isOf('team', team)) &&
    (question.conversationId ?? task.conversationId) === task.conversationId &&
    (question.overdue ?? task.overdue) === task.overdue &&
    saidIn(words).every((word) => wordsOf(task).includes(word)) &&
    (dueBefore === undefined || (task.dueAt !== null && task.dueAt < dueBefore)) &&
    (dueAfter === undefined || (task.dueAt !== null && task.dueAt >= dueAfter))
  );
}

const due = (task: Task): string => task.dueAt ?? '9999';
const rank = (task: Task): string => String(PRIORITIES.indexOf(task.priority));
const SORTED_BY: Record<TaskQuestion['sort'], (task: Task) => string[]> = {
  createdAt: (task) => [task.createdAt],
  dueAt: (task) => [due(task)],
  priority: (task) => [rank(task), due(task)],
};

function sorted(found: Task[], by: (task: Task) => string[], descending: boolean): Task[] {
  const key = (task: Task): string => [...by(task), task.id].join(' ');
  const ascending = [...found].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return descending ? ascending.reverse() : ascending;
}

const some = <T>(words: readonly T[]) => fc.uniqueArray(fc.constantFrom(...words), { minLength: 1 });
const questions: fc.Arbitrary<TaskQuestion> = fc
  .record({
    status: some(STATUSES),
    type: some(TYPES),
    priority: some(PRIORITIES),
    channel: some(CHANNELS),
    assignee: fc.constantFrom('eli', 'nobody'),
    team: fc.constantFrom('bookings', 'mia'),
    conversationId: fc.constantFrom('conv-1', 'conv-7'),
    overdue: fc.boolean(),
    dueBefore: fc.constantFrom(...DUES),
    dueAfter: fc.constantFrom(...DUES),
    words: fc
      .uniqueArray(fc.constantFrom(...WORDS, 'CALL', 'Anna', 'meier', 'ANNA2@example.org', 'nowhere'), {
        minLength: 1,
        maxLength: 2,
      })
      .map((words) => words.join(' ')),
  })
  .chain((filters: Partial<Question>) =>
    // All at once fit no task.
    fc
      .subarray(Object.entries(filters), { maxLength: 3 })
      .map((few) => Object.fromEntries(few) as typeof filters),
  )
  .chain((filters) =>
    fc.record({
      ...Object.fromEntries(Object.entries(filters).map(([name, value]) => [name, fc.constant(value)])),
      sort: fc.constantFrom('createdAt', 'dueAt', 'priority'),
      descending: fc.boolean(),
    }),
  ) as fc.Arbitrary<TaskQuestion>;

test('any filters and any order, page by page: just the tenant’s tasks that fit, in that order', async () => {
  await fc.assert(
    fc.asyncProperty(questions, fc.constantFrom(20, 50), async (question, limit) => {
      const { sort, descending, ...filters } = question;
      const fitting = tasks.filter((task) => task.tenantId === 'acme' && fits(task, filters));
      const ofPriority = sort === 'priority' && descending;
      // The greatest priority is the critical one; of the same, what is due first comes first.
      const expected = sorted(fitting, SORTED_BY[sort], sort === 'priority' ? !ofPriority : descending);
      const found = await allPages(
        limit,
        (after) => lists.page('acme', question, after, limit),
        'words' in question,
      );
      expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      const count = await lists.count('acme', question);
      if (!('words' in question)) expect(count).toBe(expected.length > 300 ? null : expected.length);
      // Of words that all are common none are counted.
      else if (count !== null) expect(count).toBe(expected.length);
    }),
    { numRuns: 100 },
  );
});

test('words are looked for in any case, as a whole, and may be common: then pages are short, and go on', async () => {
  const question = { sort: 'createdAt' as const, descending: false };
  const found = async (words: string): Promise<number> =>
    (await allPages(50, (after) => lists.page('acme', { ...question, words }, after, 50), true)).length;
  const acme = tasks.filter(({ tenantId }) => tenantId === 'acme');
  expect(await found('cAlL')).toBe(acme.length);
  expect(await lists.count('acme', { ...question, words: 'call' })).toBeNull();
  expect(await found('cal')).toBe(0);
  expect(await found('zürich')).toBe(acme.filter((task) => wordsOf(task).includes('zürich')).length);
  const rare = await lists.page('acme', { ...question, words: 'call x-17' }, null, 200);
  expect(rare.next).toBeNull();
  expect(await lists.count('acme', { ...question, words: 'x-17' })).toBe(rare.items.length);
  for (const strange of [`'); drop table task; --`, '\u001f', 'acme\u001fcall', '" & | ! ( ) : * <->', '%'])
    await found(strange);
});

test('the pages of an uncommon word are full, though more tasks have it than are looked through at once', async () => {
  const acme = tasks.filter(({ tenantId }) => tenantId === 'acme');
  for (const words of ['zürich', 'anna']) {
    const having = acme.filter((task) => wordsOf(task).includes(words)).length;
    expect(having).toBeGreaterThan(10);
    const question = { sort: 'dueAt' as const, descending: true, words };
    const few = new TaskLists(database.app, { lookedThrough: 10 });
    expect(await allPages(12, (after) => few.page('acme', question, after, 12))).toHaveLength(having);
    expect(await few.count('acme', question)).toBe(having);
  }
});

test('the search sees no more than the tenants that the transaction may see', async () => {
  const search = async (sees: string | null, tenant: string | null, wordOf: string): Promise<unknown[]> =>
    database.app.transaction(async (manager) => {
      if (sees)
        await manager.query(`select set_config('conversation_tasks.tenants', $1, true)`, [`{${sees}}`]);
      const word = `${wordOf}\u001fzürich`;
      const [found] = await manager.query<unknown[]>(
        `select rarest_word($1, 'zürich', 400) as rarest, (select count(*)::int from tasks_with_word($1, $2)) as count`,
        [tenant, word],
      );
      return Object.values(found as object);
    });
  const count = tasks.filter((task) => task.tenantId === 'acme' && wordsOf(task).includes('zürich')).length;
  expect(count).toBeGreaterThan(0);
  expect(await search('acme', 'acme', 'acme')).toEqual(['acme\u001fzürich', count]);
  expect(await search('acme', 'other', 'other')).toEqual([null, 0]);
  expect(await search(null, 'acme', 'acme')).toEqual([null, 0]);
  // Nor whoever calls them otherwise than the lists do.
  expect(await search('NULL', 'acme', 'acme')).toEqual([null, 0]);
  expect(await search('acme', null, 'acme')).toEqual([null, 0]);
  expect(await search('acme', 'acme', 'other')).toEqual(['acme\u001fzürich', 0]);
});

test('the search finds a tenant’s tasks where the tables’ owner is no superuser', async () => {
  const deployed = await createTestDatabase({ plainOwner: true });
  try {
    for (const tenant of ['acme', 'other'])
      await deployed.app.transaction(async (manager) => {
        await manager.query(`select set_config('conversation_tasks.tenants', $1, true)`, [`{${tenant}}`]);
        await manager.query(
          `insert into task (tenant_id, id, shard, conversation_id, channel, type, priority, status, title, created_by_kind, created_by_id,
             created_at, updated_at, overdue, version, origin_source, origin_event_id, origin_key)
           select $1, gen_random_uuid(), 0, 'conv-' || n, 'call', 'internal', 'low', 'to_do', case n when 7 then 'Call Oslo' else 'Call' end,
             'agent', 'eli', now(), now(), false, 1, '/test', n::text, sha256(($1 || n)::bytea) from generate_series(1, 20) n`,
          [tenant],
        );
        await manager.query(
          `insert into conversation (tenant_id, id, shard, channel, first_event_at, customer_name) values ($1, 'conv-9', 0, 'call', now(), 'Anna Oslo')`,
          [tenant],
        );
      });
    const question = { sort: 'createdAt' as const, descending: false };
    const found = async (words: string): Promise<string[]> =>
      (await new TaskLists(deployed.app).page('acme', { ...question, words }, null, 50)).items.map(
        ({ tenantId, conversationId }) => `${tenantId} ${conversationId}`,
      );
    expect((await found('oslo')).sort()).toEqual(['acme conv-7', 'acme conv-9']);
    expect(await found('anna')).toEqual(['acme conv-9']);
    expect(await found('call')).toHaveLength(20);
  } finally {
    await deployed.drop();
  }
});

test('a page comes out whole where nearly all of a tenant’s tasks are of one kind', async () => {
  await database.owner.query(
    `insert into task (tenant_id, id, shard, conversation_id, channel, type, priority, status, title, created_by_kind, created_by_id,
       created_at, updated_at, overdue, version, origin_source, origin_event_id, origin_key)
     select 'alike', gen_random_uuid(), 0, 'conv', 'call', 'internal', case when n % 20 = 0 then 'high' else 'low' end, 'to_do', 'Call', 'agent', 'eli',
       timestamptz '2026-03-01' + n * interval '1 minute', now(), false, 1, '/test', n::text, sha256(('alike' || n)::bytea) from generate_series(1, 90) n`,
  );
  const all = (await database.owner.query<TaskRow[]>(`select * from task where tenant_id = 'alike'`)).map(
    taskFrom,
  );
  for (const limit of [12, 13, 20, 90])
    for (const descending of [false, true]) {
      const question = { sort: 'createdAt' as const, descending };
      const found = await allPages(limit, (after) => lists.page('alike', question, after, limit));
      expect(found.map(({ id }) => id)).toEqual(
        sorted(all, SORTED_BY.createdAt, descending).map(({ id }) => id),
      );
    }
});

test('a page is read with one statement where tasks are spread over the facets as they usually are', async () => {
  // Of twenty tasks eighteen are resolved, of five three are of medium priority, of three two are to follow up.
  await database.owner.query(
    `insert into task (tenant_id, id, shard, conversation_id, channel, type, priority, status, title, created_by_kind, created_by_id,
       created_at, updated_at, overdue, version, origin_source, origin_event_id, origin_key)
     select 'usual', gen_random_uuid(), 0, 'conv', (array['call', 'message', 'whatsapp'])[1 + n % 3],
       (array['follow_up', 'follow_up', 'internal'])[1 + n / 3 % 3], (array['low', 'medium', 'medium', 'medium', 'high'])[1 + n / 9 % 5],
       case n / 45 % 20 when 0 then 'to_do' when 1 then 'in_progress' else 'resolved' end, 'Call', 'agent', 'eli',
       timestamptz '2026-03-01' + n * 7919 % 5003 * interval '1 minute', now(), false, 1, '/test', n::text, sha256(('usual' || n)::bytea)
       from generate_series(1, 5000) n`,
  );
  let statements = 0;
  const counted = new Proxy(database.app, {
    get(target, name, receiver) {
      if (name === 'createQueryRunner') statements += 1;
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  const filters: Question[] = [
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

test('an agent’s queue: what they have, have claimed, and may claim; overdue first, then by priority, then by due date', async () => {
  const isOpen = ({ status }: Task): boolean => status === 'to_do' || status === 'in_progress';
  for (const [agentId, teams] of [
    ['eli', ['bookings', 'mia']],
    ['mia', ['bookings']],
    ['nobody', []],
  ] as [string, string[]][]) {
    const mine = tasks.filter(
      (task) =>
        task.tenantId === 'acme' &&
        isOpen(task) &&
        ((task.assignee?.kind === 'agent' && task.assignee.id === agentId) ||
          task.claimedBy === agentId ||
          (task.assignee?.kind === 'team' && teams.includes(task.assignee.id) && task.claimedBy === null)),
    );
    const expected = sorted(mine, (task) => [task.overdue ? '0' : '1', rank(task), due(task)], false);
    const found = await allPages(7, (after) => lists.queue('acme', { agentId, teams }, after, 7));
    expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    if (teams.length > 0) expect(expected.length).toBeGreaterThan(20);
  }
});

test('of a list by rank no facet is read whose rank comes after the page is full', async () => {
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
      await planOf('acme', pageOfFacets('acme', { facets, bounds: {}, others: [] }, wanted, 4)),
    );
  };
  expect(await facetsRead(SORTINGS.dueAt)).toBe(facets.length);
  expect(await facetsRead(QUEUE)).toBeLessThanOrEqual(facets.length / 2);
});

describe.each(['nobody has analyzed yet', 'was just analyzed', 'was analyzed before the tenant came'])(
  'in a table of tasks that %s',
  (state) => {
    const tenant = `steady, ${state}`;
    beforeAll(async () => {
      // For 50 days a task every nine minutes, due an hour later; every fourth is not due, and is cancelled.
      await database.owner.query(
        `insert into task (tenant_id, id, shard, conversation_id, channel, type, priority, status, title, created_by_kind, created_by_id,
           created_at, updated_at, due_at, overdue, version, origin_source, origin_event_id, origin_key)
         select $1, gen_random_uuid(), 0, 'conv-' || n % 2000, 'call', 'internal', 'low', case when n % 4 = 0 then 'cancelled' else 'to_do' end,
           'Call', 'agent', 'eli', at, at, case when n % 4 > 0 then at + interval '1 hour' end, false, 1, '/test', n::text, sha256(($1 || n)::bytea)
           from generate_series(0, 7999) n, lateral (select timestamptz '2026-01-01T00:00:00Z' + n * interval '9 minutes' as at) made`,
        [tenant],
      );
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
  await database.owner.query(
    `insert into task (tenant_id, id, shard, conversation_id, channel, type, priority, status, title, created_by_kind, created_by_id,
       created_at, updated_at, overdue, version, origin_source, origin_event_id, origin_key)
     select 'common', gen_random_uuid(), 0, 'conv', 'call', 'internal', 'low', 'to_do', case n when 7 then 'Call Oslo' else 'Call' end,
       'agent', 'eli', now(), now(), false, 1, '/test', n::text, sha256(('common' || n)::bytea) from generate_series(1, 1000) n`,
  );
  // It knows nothing yet.
  expect(await search('call')).toEqual([null, 1]);
  await database.owner.query('analyze task');
  expect(await search('call')).toEqual([null, 0]);
  // One it does not know is counted.
  expect(await search('call Oslo')).toEqual(['oslo', 1]);
  expect(await search('call nowhere')).toEqual(['nowhere', 1]);
});

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

test('a page goes on where the one before ended, whatever came and went meanwhile', async () => {
  const question = { sort: 'createdAt' as const, descending: false, status: ['cancelled' as const] };
  const first = await lists.page('acme', question, null, 10);
  const behind = await lists.page('acme', question, first.next, 10);
  // One that was seen is gone, and one came before all.
  await database.owner.query(`update task set status = 'to_do' where id = $1`, [first.items[3]!.id]);
  await database.owner.query(
    `update task set created_at = '2020-01-01', status = 'cancelled' where id = $1`,
    [tasks.find((task) => task.tenantId === 'acme' && task.status === 'resolved')!.id],
  );
  expect(await lists.page('acme', question, first.next, 10)).toEqual(behind);
});
