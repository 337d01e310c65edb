import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { type Task } from '#libs/domain';
import { createTestDatabase, insertTaskRows, type TestDatabase } from '#libs/testing';
import { type TaskRow, taskFrom } from '../row.readers';
import { TaskLists } from './task.lists';
import { type TaskQuestion } from './task.question';
import { type Keyset, type Page } from './keyset';

jest.setTimeout(300_000);

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
    { id: `c-${i}`, name: i % 2 ? 'Anna MEIER' : 'Anna Refund', address: `anna${i}@example.org` },
  ]),
);

const inOf100 = (many: number) => fc.nat(99).map((n) => n < many);
const said = fc
  .tuple(inOf100(90), inOf100(60), inOf100(10), inOf100(1))
  .map((saying) => WORDS.filter((_, rarity) => saying[rarity]).join(' '));
const drawn = fc.record({
  tenant: fc.constantFrom(...TENANTS),
  channel: fc.constantFrom(...CHANNELS),
  type: fc.constantFrom(...TYPES),
  priority: fc.constantFrom(...PRIORITIES),
  status: fc.constantFrom(...STATUSES),
  kind: fc.constantFrom('agent', 'team', null),
  who: fc.constantFrom(...WHO),
  claimed: fc.constantFrom('eli', 'mia', null, null),
  due: fc.oneof(
    { weight: 7, arbitrary: fc.constantFrom(...DUES) },
    { weight: 3, arbitrary: fc.constant(null) },
  ),
  isLate: inOf100(40),
  created: fc.constantFrom(...MOMENTS),
  title: said,
  description: fc.option(said, { freq: 2 }),
});

beforeAll(async () => {
  database = await createTestDatabase();
  // What the planner knows is said by the tests that it matters to.
  await database.owner.query('alter table task set (autovacuum_enabled = false)');
  // Few, so that some words have more, and others less.
  lists = new TaskLists(database.app, { lookedThrough: 50, uncommon: 200, counted: 300 });
  // The same ones each time: what a test needs of them is there, or never is.
  const rows = fc.sample(drawn, { seed: 6, numRuns: 900 }).map((task, nth) => {
    const { tenant, channel, type, priority, status, kind, who, claimed, due, isLate } = task;
    const isOpen = status === 'to_do' || status === 'in_progress';
    const facets = [tenant, channel, type, priority, status];
    const own = [kind, kind && who, kind === 'team' ? claimed : null, due, isOpen && due !== null && isLate];
    const texts = [`Call ${task.title}`, task.description];
    return [randomUUID(), `conv-${nth % 40}`, ...facets, ...own, task.created, ...texts, String(nth)];
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
        await insertTaskRows(manager, tenant, 20, {
          conversation_id: `'conv-' || n`,
          title: `case n when 7 then 'Call Oslo' else 'Call' end`,
        });
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
  await insertTaskRows(database.owner, 'alike', 90, {
    priority: `case when n % 20 = 0 then 'high' else 'low' end`,
    created_at: `timestamptz '2026-03-01' + n * interval '1 minute'`,
  });
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
