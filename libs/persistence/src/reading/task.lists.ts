import { type DataSource } from 'typeorm';
import { type Status, type Task } from '#libs/domain';
import { taskFrom } from '../row.readers';
import { countOfFacets, type Faceted, type FacetRow, pageOfFacets } from './facet.statement';
import { countOfGathered, type Gathered, pageOfGathered } from './gathered.statement';
import { type Conditional, type Keyset, type Page, pageOf } from './keyset';
import {
  type Counted,
  type ListedRow,
  type PageRow,
  type PageWanted,
  pageWithWords,
  withKeyset,
} from './page.statement';
import { type Facet, facetsOf } from './task.facets';
import { compareKeysets, QUEUE, SORTINGS } from './task.order';
import { facetedIn, gatheredIn, type TaskQuestion } from './task.question';
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
/** Room for a facet that has twenty times its even share of the page, such as that of the resolved ones of medium priority, and for chance. */
const firstOfEach = (limit: number, facets: number): number => Math.ceil((20 * limit) / facets) + 6;

/** Of what is done for one list: it would take as long as it likes. */
const LIMITS = {
  /** Tasks that are looked through at once for words, from where a page begins: those with the rarest of them, or, where all are common, all. */
  lookedThrough: 200,
  /**
   * A word that more tasks have is common. To read and sort so many takes as long as to look through 200; and of half a million tasks
   * every sixtieth has a word that is.
   */
  uncommon: 8_000,
  counted: 10_000,
  /** Of those that words are looked for in. */
  countedWithWords: 1_000,
};

/** Lists tasks for those who look at them, as the application's role: a tenant's, and of no other. */
export class TaskLists {
  readonly #limits: typeof LIMITS;

  /** @param limits other than usual: tests have lower ones. */
  constructor(
    private readonly dataSource: DataSource,
    limits: Partial<typeof LIMITS> = {},
  ) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Where words are asked for, a page may be short, or empty, and yet have a next. */
  async page(
    tenantId: string,
    question: TaskQuestion,
    after: Keyset | null,
    limit: number,
  ): Promise<Page<Task>> {
    const sorting = SORTINGS[question.sort];
    // Of what is sorted by priority the greatest is the critical one, whose rank is least.
    const descending = question.sort === 'priority' ? !question.descending : question.descending;
    const few = await this.#few(tenantId, question);
    const { words } = few ?? question;
    const looked = words === undefined ? limit : this.#limits.lookedThrough;
    const wanted = { sorting, descending, after, limit: looked, words };
    const rows = few
      ? await this.#gathered(tenantId, few, wanted)
      : await this.#faceted(tenantId, facetedIn(question), wanted);
    return words === undefined ? pageOf(rows, limit, taskFrom) : pageWithWords(rows, looked, limit);
  }

  /** How many there are; null when more than are counted. */
  async count(tenantId: string, question: TaskQuestion): Promise<number | null> {
    const few = await this.#few(tenantId, question);
    const { words } = few ?? question;
    if (!few && words !== undefined) return null;
    const most = words === undefined ? this.#limits.counted : this.#limits.countedWithWords;
    const { sql, parameters } = few
      ? countOfGathered(tenantId, few, most)
      : countOfFacets(tenantId, facetedIn(question), most);
    const [row] = await this.#rows<Counted>(tenantId, sql, parameters);
    return row!.looked > most ? null : row!.count;
  }

  /** An agent's queue: what the agent has, and what their teams have that nobody has claimed. */
  async queue(
    tenantId: string,
    { agentId, teams }: QueueQuestion,
    after: Keyset | null,
    limit: number,
  ): Promise<Page<Task>> {
    const open: Status[] = ['to_do', 'in_progress'];
    const wanted = { sorting: QUEUE, descending: false, after, limit };
    const claims: Conditional[] = [
      ['claimed_by = ?', agentId],
      ["assignee_kind = 'team' and status in ('to_do', 'in_progress')"],
    ];
    const assignees: NonNullable<Facet['assignee']>[] = [
      { kind: 'agent', id: agentId },
      ...teams.map((id) => ({ kind: 'team' as const, id })),
    ];
    const [assigned, claimed] = await Promise.all([
      this.#faceted(
        tenantId,
        {
          facets: facetsOf({ assignees, status: open }),
          others: [["(assignee_kind = 'agent' or claimed_by is null)"]],
          bounds: {},
        },
        wanted,
      ),
      // People hold a few.
      this.#gathered(tenantId, { among: 'task', where: claims }, wanted),
    ]);
    const rows = [...assigned, ...claimed].sort((a, b) => compareKeysets(a.keyset, b.keyset));
    return pageOf(rows, limit, taskFrom);
  }

  /** What the question comes to where it fits a few tasks only: a conversation's, or those with a word that is not common. */
  async #few(tenantId: string, question: TaskQuestion): Promise<Gathered | null> {
    const { conversationId, words } = question;
    if (conversationId !== undefined) return { among: 'task', ...gatheredIn(question), words };
    if (words === undefined) return null;
    const [{ word, alone }] = (await this.#rows(
      tenantId,
      'select rarest_word($1, $2, $3) as word, cardinality(words_of($1, $2)) = 1 as alone',
      [tenantId, words, this.#limits.uncommon],
    )) as [{ word: string | null; alone: boolean }];
    if (word === null) return null;
    return { among: { word }, ...gatheredIn(question), ...(!alone && { words }) };
  }

  async #faceted(tenantId: string, faceted: Faceted, wanted: PageWanted): Promise<PageRow[]> {
    const { limit, sorting } = wanted;
    const read = (each: number): Promise<FacetRow[]> => {
      const { sql, parameters } = pageOfFacets(tenantId, faceted, wanted, each);
      return this.#rows<FacetRow>(tenantId, sql, parameters);
    };
    const ofRank = faceted.facets.length / new Set(faceted.facets.map(sorting.rank)).size;
    const each = firstOfEach(limit, ofRank);
    if (ofRank > FACETS_READ_WHOLE && each <= limit) {
      const rows = await read(each);
      if (isWhole(rows, each, limit)) return rows.map(withKeyset);
    }
    return (await read(limit + 1)).map(withKeyset);
  }

  /** Of those that fit, sorted, the first behind the keyset. */
  async #gathered(tenantId: string, gathered: Gathered, wanted: PageWanted): Promise<PageRow[]> {
    const { sql, parameters } = pageOfGathered(tenantId, gathered, wanted);
    return (await this.#rows<ListedRow>(tenantId, sql, parameters)).map(withKeyset);
  }

  #rows<Row>(tenantId: string, sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return queryTenant<Row>(this.dataSource, tenantId, sql, parameters);
  }
}

/** Whether nothing is missing though only so many of each facet were looked at: one that has all of those before the last row there is room for may have more. */
function isWhole(rows: readonly FacetRow[], each: number, limit: number): boolean {
  const counts = new Map<string, number>();
  return rows.every(({ nth }, i) => {
    const count = (counts.get(nth) ?? 0) + 1;
    counts.set(nth, count);
    return count < each || i === limit;
  });
}
