import { TASK_COLUMNS, type TaskOnlyRow } from '../row.readers';
import { createdRanges, type Range, WHOLE } from './due.span';
import { type Conditional, Conditions } from './keyset';
import { type Bounds, type Facet, FACET_COLUMNS, facetArrays } from './task.facets';
import { CREATED, DUE, type Ordered } from './task.order';
import { HAS_WORDS } from './task.words';

/** A list that is read facet by facet. */
export interface Faceted extends Ordered {
  facets: readonly Facet[];
  limit: number;
  /** What is asked for beside, looked at row by row. */
  others: readonly Conditional[];
  /** Of the due date. */
  bounds: Bounds;
  /** Rows are to say whether they have these. */
  words?: string;
}

/** `facet`: the number of the one it was found in. */
export type FacetRow = TaskOnlyRow & { facet: string; rank: number; value: string; has_words?: boolean };

/** A statement, and its parameters. */
interface Statement {
  sql: string;
  parameters: unknown[];
}

/**
 * The first of what each facet has first. The page is found in an index alone; the table is looked into for its tasks, and for no
 * others.
 *
 * @param each how many of each facet are looked at.
 * @returns `FacetRow`s, one more than fit the page.
 */
export function pageOfFacets(tenantId: string, parts: Faceted, each: number): Statement {
  const { descending, limit, words } = parts;
  const { parameters, from } = facetedFrom(tenantId, parts, each);
  const hasWords =
    words === undefined ? '' : `, ${HAS_WORDS.replace('?', `$${parameters.push(words)}`)} as has_words`;
  const order = ['rank', 'value', 'id'].map((by) => `${by}${descending ? ' desc' : ''}`).join(', ');
  const sql = `with page as (select $1::text as tenant_id, rank, nth, value, id ${from} order by ${order} limit ${limit + 1})
       select ${TASK_COLUMNS}, page.nth as facet, page.rank, page.value::text as value${hasWords}
         from page join task on task.tenant_id = page.tenant_id and task.id = page.id
        order by ${order.replace('id', 'page.id')}`;
  return { sql, parameters };
}

/** @returns one row: how many there are, counted up to `most`. */
export function countOfFacets(tenantId: string, parts: Omit<Faceted, 'limit'>, most: number): Statement {
  const { parameters, from } = facetedFrom(tenantId, parts, most);
  return { sql: `select count(*)::int as count from (select ${from} limit ${most}) found`, parameters };
}

/**
 * The part of a statement behind `select`: the facets as `facet`, and of each what a page could take as `found`. Rank by rank, in order,
 * so that no facet is read whose rank comes after a page is full (PostgreSQL's incremental sort).
 */
function facetedFrom(
  tenantId: string,
  parts: Omit<Faceted, 'limit'>,
  each: number,
): { parameters: unknown[]; from: string } {
  const { facets, sorting, descending, after, others, bounds } = parts;
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
    from: `from (select distinct rank from unnest(${types[names.indexOf('rank')]}) as given (rank) order by rank${direction}) as ranked
      cross join lateral (
        select nth, value, id from unnest(${types.join(', ')}) with ordinality as facet (${names.map((name) => (name === 'rank' ? 'of_rank' : name)).join(', ')}, nth)
          cross join lateral (${ranges.map(first).join(' union all ')}) of_facet
         where facet.of_rank = ranked.rank) found`,
  };
}
