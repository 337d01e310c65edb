import { createdRanges, type Range, WHOLE } from './due.span';
import { type Conditional, Conditions } from './keyset';
import { countOfTasks, type ListedRow, pageOfTasks, type PageWanted, type Statement } from './page.statement';
import { type Bounds, type Facet, FACET_COLUMNS, facetArrays } from './task.facets';
import { CREATED, DUE, type Ordered, SORTINGS } from './task.order';

/** Tasks that are read facet by facet. */
export interface Faceted {
  facets: readonly Facet[];
  /** What is asked for beside, looked at row by row. */
  others: readonly Conditional[];
  /** Of the due date. */
  bounds: Bounds;
}

/** `nth`: the number of the facet it was found in. */
export type FacetRow = ListedRow & { nth: string };

/**
 * The first of what each facet has first. The page is found in an index alone; the table is looked into for its tasks, and for no
 * others.
 *
 * @param each how many of each facet are looked at.
 * @returns `FacetRow`s, one more than fit the page.
 */
export function pageOfFacets(
  tenantId: string,
  faceted: Faceted,
  wanted: PageWanted,
  each: number,
): Statement {
  return pageOfTasks(facetedFrom(tenantId, faceted, wanted, each), wanted);
}

/** @returns one `Counted`. */
export function countOfFacets(tenantId: string, faceted: Faceted, most: number): Statement {
  const anyOrder = { sorting: SORTINGS.dueAt, descending: false, after: null };
  return countOfTasks(facetedFrom(tenantId, faceted, anyOrder, most + 1), most);
}

/**
 * The part of a statement behind `select`: the facets as `facet`, and of each what a page could take as `found`. Rank by rank, in order,
 * so that no facet is read whose rank comes after a page is full (PostgreSQL's incremental sort).
 */
function facetedFrom(
  tenantId: string,
  { facets, others, bounds }: Faceted,
  { sorting, descending, after }: Ordered,
  each: number,
): Statement {
  const arrays = facetArrays(facets, {
    rankIn: sorting.rank,
    after,
    descending,
    bounds: sorting.value === DUE ? bounds : {},
  });
  const where = new Conditions([tenantId, ...arrays]);
  for (const [sql, value] of others) where.add(sql, value);
  const names = Object.keys(FACET_COLUMNS);
  const types = Object.values(FACET_COLUMNS).map((type, i) => `$${i + 2}::${type}[]`);
  const assigned = facets[0]?.assignee != null;
  const columns = [
    'status',
    'overdue',
    'priority',
    ...(assigned ? ['assignee_kind', 'assignee_id'] : ['channel', 'type']),
  ];
  const direction = descending ? ' desc' : '';
  const first = ({ start, where: only }: Range): string =>
    `(select id, ${sorting.value} as value from task
       where tenant_id = $1 and ${columns.map((column) => `task.${column} = facet.${column}`).join(' and ')}
         and ((${sorting.value}), id) ${descending ? '<' : '>'} (${start}, facet.from_id) and ${where.sql} and ${only}
       order by ${sorting.value}${direction}, id${direction} limit ${each})`;
  const ranges =
    assigned || sorting.value !== CREATED
      ? [WHOLE]
      : createdRanges(bounds, descending, (value) => where.parameters.push(value));
  return {
    parameters: where.parameters,
    sql: `from (select distinct rank from unnest(${types[names.indexOf('rank')]}) as given (rank) order by rank${direction}) as ranked
      cross join lateral (
        select nth, value, id from unnest(${types.join(', ')}) with ordinality as facet (${names.map((name) => (name === 'rank' ? 'of_rank' : name)).join(', ')}, nth)
          cross join lateral (${ranges.map(first).join(' union all ')}) of_facet
         where facet.of_rank = ranked.rank) found`,
  };
}
