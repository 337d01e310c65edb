import { type DataSource } from 'typeorm';
import { type Channel, type Priority, type Status, type Task, type TaskType } from '#libs/domain';
import { TASK_COLUMNS, taskFrom, type TaskOnlyRow } from '../row.readers';
import { Conditions, type Keyset, type Page, pageOf } from './keyset';
import {
  type Bounds,
  type Facet,
  FACET_COLUMNS,
  facetArrays,
  type FacetRank,
  facetsOf,
  type Ranked,
  rankOf,
} from './task.facets';
import { queryTenant } from './tenant.query';

export type TaskSort = 'createdAt' | 'dueAt' | 'priority';

/** Which tasks, in which order. What is absent does not matter. */
export interface TaskQuestion {
  status?: Status[];
  type?: TaskType[];
  priority?: Priority[];
  channel?: Channel[];
  /** An agent it is assigned to. */
  assignee?: string;
  team?: string;
  conversationId?: string;
  overdue?: boolean;
  dueBefore?: string;
  dueAfter?: string;
  /** All of these are in its title, its description or what is known of its customer, each a word of its own; case does not matter. */
  words?: string;
  sort: TaskSort;
  descending: boolean;
}

/** Whose queue: an agent, and the teams the agent is a member of. */
export interface QueueQuestion {
  agentId: string;
  teams: readonly string[];
}

/**
 * What has no due date comes last. As in the indexes, word for word: else they are not used. Not `coalesce`: under row-level
 * security PostgreSQL takes it for something that might leak what it compares, and gives no index a condition on it.
 */
const DUE = "case when due_at is null then 'infinity' else due_at end";
/** Overdue before all else, then by priority. */
const URGENCIES = 4;

interface Sorting {
  /** Facets are in this order before what is in them is. */
  rank: FacetRank;
  /** What is sorted by within a facet, before the id. */
  value: string;
}

const SORTINGS: Record<TaskSort, Sorting> = {
  createdAt: { rank: () => 0, value: 'created_at' },
  dueAt: { rank: () => 0, value: DUE },
  priority: { rank: ({ priority }) => rankOf(priority), value: DUE },
};
const QUEUE: Sorting = {
  rank: ({ overdue, priority }) => (overdue ? 0 : URGENCIES) + rankOf(priority),
  value: DUE,
};

/**
 * A page of many facets of a rank is looked for among the first few of each, and among all that a page could take only when a facet ran
 * out of those: to read a page's worth of each of 144 facets is to read seven thousand index entries for fifty tasks.
 */
const FACETS_READ_WHOLE = 24;
const firstOfEach = (limit: number): number => Math.max(12, Math.ceil(limit / 8));

/** More are not counted: that would take as long as it likes. */
const MOST_COUNTED = 10_000;

/** Tasks that are looked through at once for words: those with the rarest of them, or, where all are common, those from where the page begins. */
const LOOKED_THROUGH = 200;
/** Whether a task has all words, as `words_of` has them, in its title, its description or what is known of its customer (ADR 32). */
const HAS_WORDS = `tsvector_to_array(to_tsvector('pg_catalog.simple', task.title || ' ' || coalesce(task.description, '') || ' ' || coalesce(
     (select coalesce(customer_name, '') || ' ' || coalesce(customer_id, '') || ' ' || coalesce(customer_address, '') from conversation
       where tenant_id = task.tenant_id and id = task.conversation_id), '')))
  @> tsvector_to_array(to_tsvector('pg_catalog.simple', ?))`;

type PageRow = TaskOnlyRow & { keyset: Keyset; has_words?: boolean };
/** `facet`: the number of the one it was found in. */
type FacetRow = TaskOnlyRow & { facet: string; rank: number; value: string; has_words?: boolean };

/** Lists tasks for those who look at them, as the application's role: a tenant's, and of no other. */
export class TaskLists {
  /** @param lookedThrough how many tasks are looked through at once for words. */
  constructor(
    private readonly dataSource: DataSource,
    private readonly lookedThrough = LOOKED_THROUGH,
  ) {}

  /** A page may be short, or empty, and yet have a next where all words asked for are common. */
  async page(
    tenantId: string,
    question: TaskQuestion,
    after: Keyset | null,
    limit: number,
  ): Promise<Page<Task>> {
    const sorting = SORTINGS[question.sort];
    // Of what is sorted by priority the greatest is the critical one, whose rank is least.
    const descending = question.sort === 'priority' ? !question.descending : question.descending;
    const order = { sorting, descending, after };
    const few = await this.#few(tenantId, question);
    if (few) return pageOf(await this.#gathered(tenantId, { ...few, ...order }), limit, taskFrom);
    const { words } = question;
    const looked = words === undefined ? limit : this.lookedThrough;
    const rows = await this.#faceted(tenantId, { ...facetedIn(question), ...order, limit: looked, words });
    return words === undefined ? pageOf(rows, limit, taskFrom) : pageWithWords(rows, looked, limit);
  }

  /** How many there are; null when more than 10,000, or when all words asked for are too common to be counted. */
  async count(tenantId: string, question: TaskQuestion): Promise<number | null> {
    const few = await this.#few(tenantId, question);
    if (few) {
      const parts = { ...few, sorting: SORTINGS.dueAt, descending: false, after: null };
      return (await this.#gathered(tenantId, parts)).length;
    }
    if (question.words !== undefined) return null;
    const parts = { ...facetedIn(question), sorting: SORTINGS.dueAt, descending: false, after: null };
    const { parameters, from } = facetedFrom(tenantId, parts, MOST_COUNTED + 1);
    const [row] = await this.#rows<{ count: number }>(
      tenantId,
      `select count(*)::int as count from (select ${from} limit ${MOST_COUNTED + 1}) found`,
      parameters,
    );
    return row!.count > MOST_COUNTED ? null : row!.count;
  }

  /** An agent's queue: what the agent has, and what their teams have that nobody has claimed. */
  async queue(
    tenantId: string,
    { agentId, teams }: QueueQuestion,
    after: Keyset | null,
    limit: number,
  ): Promise<Page<Task>> {
    const open: Status[] = ['to_do', 'in_progress'];
    const order = { sorting: QUEUE, descending: false, after };
    const claims: Conditional[] = [
      ['claimed_by = ?', agentId],
      ["assignee_kind = 'team' and status in ('to_do', 'in_progress')"],
    ];
    const assignees: NonNullable<Facet['assignee']>[] = [
      { kind: 'agent', id: agentId },
      ...teams.map((id) => ({ kind: 'team' as const, id })),
    ];
    const [assigned, claimed] = await Promise.all([
      this.#faceted(tenantId, {
        ...{ ...order, limit, bounds: {} },
        facets: facetsOf({ assignees, status: open }),
        others: [["(assignee_kind = 'agent' or claimed_by is null)"]],
      }),
      // People hold a few.
      this.#gathered(tenantId, { ...order, where: claims }),
    ]);
    const rows = [...assigned, ...claimed].sort((a, b) => compareKeysets(a.keyset, b.keyset));
    return pageOf(rows, limit, taskFrom);
  }

  /** What the question comes to where it fits a few tasks only: a conversation's, or those with a word that is not common. */
  async #few(tenantId: string, question: TaskQuestion): Promise<Pick<Gathered, 'where'> | null> {
    const { conversationId, words } = question;
    if (conversationId !== undefined) return gatheredIn(question);
    if (words === undefined) return null;
    const [{ ids }] = (await this.#rows<{ ids: string[] | null }>(
      tenantId,
      'select tasks_with_words($1, $2, $3) as ids',
      [tenantId, words, this.lookedThrough],
    )) as [{ ids: string[] | null }];
    if (!ids) return null;
    const { where } = gatheredIn(question);
    return { where: [['id = any (?::uuid[])', ids], ...where] };
  }

  /** The page is found in an index alone; the table is looked into for its tasks, and for no others. */
  async #faceted(tenantId: string, parts: Faceted): Promise<PageRow[]> {
    const { facets, limit, sorting } = parts;
    const each = firstOfEach(limit);
    const ranks = new Set(facets.map(sorting.rank)).size;
    if (facets.length / ranks > FACETS_READ_WHOLE && each <= limit) {
      const rows = await this.#firstOf(tenantId, parts, each);
      if (isWhole(rows, each, limit)) return rows.map(withKeyset);
    }
    return (await this.#firstOf(tenantId, parts, limit + 1)).map(withKeyset);
  }

  /** The first of what each facet has first. @param each how many of each facet are looked at. */
  async #firstOf(tenantId: string, parts: Faceted, each: number): Promise<FacetRow[]> {
    const { descending, limit, words } = parts;
    const { parameters, from } = facetedFrom(tenantId, parts, each);
    const hasWords =
      words === undefined ? '' : `, ${HAS_WORDS.replace('?', `$${parameters.push(words)}`)} as has_words`;
    const order = ['rank', 'value', 'id'].map((by) => `${by}${descending ? ' desc' : ''}`).join(', ');
    return this.#rows<FacetRow>(
      tenantId,
      `with page as (select rank, nth, value, id ${from} order by ${order} limit ${limit + 1})
       select ${TASK_COLUMNS}, page.nth as facet, page.rank, page.value::text as value${hasWords}
         from page join task on task.tenant_id = $1 and task.id = page.id
        order by ${order.replace('id', 'page.id')}`,
      parameters,
    );
  }

  /** All that fit, and then those behind the keyset, in order: for what is never much. */
  async #gathered(tenantId: string, { where, sorting, descending, after }: Gathered): Promise<PageRow[]> {
    const conditions = new Conditions().add('tenant_id = ?', tenantId);
    for (const [sql, value] of where) conditions.add(sql, value);
    const { sql, parameters } = conditions;
    const found = await this.#rows<TaskOnlyRow & { value: string }>(
      tenantId,
      `select ${TASK_COLUMNS}, (${sorting.value})::text as value from task where ${sql}`,
      parameters,
    );
    const compare = (a: Keyset, b: Keyset): number => compareKeysets(a, b) * (descending ? -1 : 1);
    return found
      .map((row) => ({ ...row, keyset: [String(sorting.rank(row as Ranked)), row.value, row.id] }))
      .filter(({ keyset }) => after === null || compare(keyset, after) > 0)
      .sort((a, b) => compare(a.keyset, b.keyset));
  }

  #rows<Row>(tenantId: string, sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return queryTenant<Row>(this.dataSource, tenantId, sql, parameters);
  }
}

/** A condition: SQL, with `?` where the value goes, if it has one. */
type Conditional = [sql: string, value?: unknown];

interface Ordered {
  sorting: Sorting;
  descending: boolean;
  after: Keyset | null;
}

/** A list that is read facet by facet. */
interface Faceted extends Ordered {
  facets: readonly Facet[];
  limit: number;
  /** What is asked for beside, looked at row by row. */
  others: readonly Conditional[];
  /** Of the due date. */
  bounds: Bounds;
  /** Rows are to say whether they have these. */
  words?: string;
}

/** A list that is gathered whole. */
interface Gathered extends Ordered {
  where: readonly Conditional[];
}

/**
 * The part of a statement behind `select`: the facets as `facet`, and of each what a page could take as `found`. Rank by rank, in order,
 * so that no facet is read whose rank comes after a page is full (PostgreSQL's incremental sort).
 */
function facetedFrom(
  tenantId: string,
  { facets, sorting, descending, after, others, bounds }: Omit<Faceted, 'limit'>,
  each: number,
): { parameters: unknown[]; from: string } {
  const arrays = facetArrays(facets, {
    rankIn: sorting.rank,
    after,
    descending,
    bounds: sorting.value === DUE ? bounds : {},
  });
  const where = new Conditions();
  where.parameters.push(tenantId, ...arrays);
  for (const [sql, value] of others) where.add(sql, value);
  const names = Object.keys(FACET_COLUMNS);
  const types = Object.values(FACET_COLUMNS).map((type, i) => `$${i + 2}::${type}[]`);
  const [first] = facets;
  const columns = [
    'status',
    'overdue',
    'priority',
    ...(first?.assignee ? ['assignee_kind', 'assignee_id'] : ['channel', 'type']),
  ];
  const direction = descending ? ' desc' : '';
  return {
    parameters: where.parameters,
    from: `from (select distinct rank from unnest(${types[names.indexOf('rank')]}) as given (rank) order by rank${direction}) as ranked
      cross join lateral (
        select nth, value, id from unnest(${types.join(', ')}) with ordinality as facet (${names.map((name) => (name === 'rank' ? 'of_rank' : name)).join(', ')}, nth)
          cross join lateral (
            select id, ${sorting.value} as value from task
             where tenant_id = $1 and ${columns.map((column) => `task.${column} = facet.${column}`).join(' and ')}
               and ((${sorting.value}), id) ${descending ? '<' : '>'} (facet.from_value, facet.from_id) and ${where.sql}
             order by ${sorting.value}${direction}, id${direction} limit ${each}) of_facet
         where facet.of_rank = ranked.rank) found`,
  };
}

function withKeyset({ rank, value, ...row }: FacetRow): PageRow {
  return { ...row, keyset: [String(rank), value, row.id] };
}

/** Whether nothing is missing though only so many of each facet were looked at: one that has all of those before the last row there is room for may have more. */
function isWhole(rows: readonly FacetRow[], each: number, limit: number): boolean {
  const counts = new Map<string, number>();
  return rows.every(({ facet }, i) => {
    const count = (counts.get(facet) ?? 0) + 1;
    counts.set(facet, count);
    return count < each || i === limit;
  });
}

function facetedIn(question: TaskQuestion): Pick<Faceted, 'facets' | 'others' | 'bounds'> {
  const assignees = assigneesIn(question);
  const bounds = { from: question.dueAfter, before: question.dueBefore };
  if (assignees.length === 0) return { facets: facetsOf(question), others: dueIn(question), bounds };
  const { channel, type } = question;
  return {
    facets: facetsOf({ ...question, assignees }),
    others: [...oneOf({ channel, type }), ...dueIn(question)],
    bounds,
  };
}

function gatheredIn(question: TaskQuestion): Pick<Gathered, 'where'> {
  const { conversationId, overdue, status, type, priority, channel, words } = question;
  const assignees = assigneesIn(question).map(({ kind, id }) => `${kind}:${id}`);
  const where: Conditional[] = [
    ...(conversationId === undefined ? [] : [['conversation_id = ?', conversationId] satisfies Conditional]),
    ...oneOf({ status, type, priority, channel }),
    ...dueIn(question),
  ];
  if (overdue !== undefined) where.push(['overdue = ?', overdue]);
  if (words !== undefined) where.push([HAS_WORDS, words]);
  if (assignees.length > 0) where.push(["assignee_kind || ':' || assignee_id = any (?::text[])", assignees]);
  return { where };
}

/** Of the first `many` rows, those with the words. The next page goes on where this one stopped looking. */
function pageWithWords(rows: readonly PageRow[], many: number, limit: number): Page<Task> {
  const looked = rows.slice(0, many);
  const found = looked.filter((row) => row.has_words);
  const items = found.slice(0, limit).map(taskFrom);
  if (found.length > limit) return { items, next: found[limit - 1]!.keyset };
  return { items, next: rows.length > looked.length ? looked.at(-1)!.keyset : null };
}

/** A task has one assignee: of an agent and a team, either. */
function assigneesIn({ assignee, team }: TaskQuestion): NonNullable<Facet['assignee']>[] {
  return [
    ...(assignee === undefined ? [] : [{ kind: 'agent' as const, id: assignee }]),
    ...(team === undefined ? [] : [{ kind: 'team' as const, id: team }]),
  ];
}

/** Columns that have one of some words. */
function oneOf(columns: Record<string, readonly string[] | undefined>): Conditional[] {
  return Object.entries(columns).flatMap(([column, words]) =>
    words ? [[`${column} = any (?::text[])`, words] satisfies Conditional] : [],
  );
}

function dueIn({ dueBefore, dueAfter }: TaskQuestion): Conditional[] {
  const due: Conditional[] = [];
  if (dueBefore !== undefined) due.push([`(${DUE}) < ?::timestamptz`, dueBefore]);
  // What is due at no time is not due after any.
  if (dueAfter !== undefined) due.push([`(${DUE}) >= ?::timestamptz and due_at is not null`, dueAfter]);
  return due;
}

/** As the statements compare them: by rank, then by what is sorted by, then by id. */
function compareKeysets(a: Keyset, b: Keyset): number {
  const [rank, value, id] = [
    Number(a[0]) - Number(b[0]),
    timeIn(a[1]!) - timeIn(b[1]!),
    a[2]! < b[2]! ? -1 : 1,
  ];
  return rank || value || (a[2] === b[2] ? 0 : id);
}

/** Milliseconds; what PostgreSQL writes for a moment, or for none. */
function timeIn(text: string): number {
  return text === 'infinity'
    ? Number.MAX_SAFE_INTEGER
    : Date.parse(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
}
