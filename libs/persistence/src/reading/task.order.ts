import { type FacetRank, RANK_SQL, rankOf } from './task.facets';
import { type Keyset } from './keyset';

export type TaskSort = 'createdAt' | 'dueAt' | 'priority';

/**
 * What has no due date comes last. As in the indexes, word for word: else they are not used. Not `coalesce`: under row-level
 * security PostgreSQL takes it for something that might leak what it compares, and gives no index a condition on it.
 */
export const DUE = "case when due_at is null then 'infinity' else due_at end";
export const CREATED = 'created_at';
/** Overdue before all else, then by priority. */
const URGENCIES = 4;

export interface Sorting {
  /** Facets are in this order before what is in them is. */
  rank: FacetRank;
  /** The same of a row, SQL. */
  rankSql: string;
  /** What is sorted by within a facet, before the id. */
  value: string;
}

export const SORTINGS: Record<TaskSort, Sorting> = {
  createdAt: { rank: () => 0, rankSql: '0', value: CREATED },
  dueAt: { rank: () => 0, rankSql: '0', value: DUE },
  priority: { rank: ({ priority }) => rankOf(priority), rankSql: RANK_SQL, value: DUE },
};
export const QUEUE: Sorting = {
  rank: ({ overdue, priority }) => (overdue ? 0 : URGENCIES) + rankOf(priority),
  rankSql: `(case when overdue then 0 else ${URGENCIES} end + ${RANK_SQL})`,
  value: DUE,
};

/** How a list is sorted, and from where in it. */
export interface Ordered {
  sorting: Sorting;
  descending: boolean;
  after: Keyset | null;
}

/** As the statements compare them: by rank, then by what is sorted by, then by id. */
export function compareKeysets(a: Keyset, b: Keyset): number {
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
