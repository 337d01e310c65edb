import { type DataSource } from 'typeorm';
import { type Status, type Task } from '#libs/domain';
import { TASK_COLUMNS, taskFrom, type TaskOnlyRow } from '../row.readers';
import { countOfFacets, type Faceted, type FacetRow, pageOfFacets } from './facet.statement';
import { type Conditional, Conditions, type Keyset, type Page, pageOf } from './keyset';
import { type Facet, facetsOf, type Ranked } from './task.facets';
import { compareKeysets, QUEUE, SORTINGS } from './task.order';
import { facetedIn, type Gathered, gatheredIn, type TaskQuestion } from './task.question';
import { LOOKED_THROUGH, type PageRow, pageWithWords } from './task.words';
import { queryTenant } from './tenant.query';

/** Whose queue: an agent, and the teams the agent is a member of. */
export interface QueueQuestion {
  agentId: string;
  teams: readonly string[];
}

/**
 * A page of many facets of a rank is looked for among the first few of each, and among all that a page could take only when a facet ran
 * out of those: to read a page's worth of each of 144 facets is to read seven thousand index entries for fifty tasks.
 */
const FACETS_READ_WHOLE = 24;
/** Room for a facet that has twelve times its even share of the page, such as that of the resolved ones, and for chance. */
const firstOfEach = (limit: number, facets: number): number => Math.ceil((12 * limit) / facets) + 8;

/** More are not counted: that would take as long as it likes. */
const MOST_COUNTED = 10_000;

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
    const { sql, parameters } = countOfFacets(tenantId, parts, MOST_COUNTED + 1);
    const [row] = await this.#rows<{ count: number }>(tenantId, sql, parameters);
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

  async #faceted(tenantId: string, parts: Faceted): Promise<PageRow[]> {
    const { facets, limit, sorting } = parts;
    const ofRank = facets.length / new Set(facets.map(sorting.rank)).size;
    const each = firstOfEach(limit, ofRank);
    if (ofRank > FACETS_READ_WHOLE && each <= limit) {
      const rows = await this.#firstOf(tenantId, parts, each);
      if (isWhole(rows, each, limit)) return rows.map(withKeyset);
    }
    return (await this.#firstOf(tenantId, parts, limit + 1)).map(withKeyset);
  }

  #firstOf(tenantId: string, parts: Faceted, each: number): Promise<FacetRow[]> {
    const { sql, parameters } = pageOfFacets(tenantId, parts, each);
    return this.#rows<FacetRow>(tenantId, sql, parameters);
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
