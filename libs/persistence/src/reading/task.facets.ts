import { type Channel, type Priority, type Status, type TaskType } from '#libs/domain';
import { type Keyset } from './keyset';

/**
 * Lists of tasks are read facet by facet. A facet is one value of each of the few-valued columns; an index has them in front, and
 * behind them what is sorted by. So every list, however it is filtered, is the merger of at most some three hundred index ranges, each
 * read no further than a page: what it costs depends neither on how many tasks there are nor on how the filters go together. Left to
 * the planner, whose statistics know nothing of that, a page took up to 3.6 s with a million tasks.
 */
export interface Facet {
  assignee: { kind: 'agent' | 'team'; id: string } | null;
  status: Status;
  overdue: boolean;
  priority: Priority;
  /** Null where an assignee is given: their tasks are few enough to be looked through. */
  channel: Channel | null;
  type: TaskType | null;
}

/** Which values of each column are asked for; absent means all. */
export interface Asked {
  assignees?: readonly NonNullable<Facet['assignee']>[];
  status?: readonly Status[];
  overdue?: boolean;
  priority?: readonly Priority[];
  channel?: readonly Channel[];
  type?: readonly TaskType[];
}

const STATUSES: Status[] = ['to_do', 'in_progress', 'resolved', 'cancelled'];
/** The first is the most pressing: its rank is 0. */
const BY_RANK: Priority[] = ['critical', 'high', 'medium', 'low'];
const CHANNELS: Channel[] = ['call', 'message', 'whatsapp'];
const TYPES: TaskType[] = ['follow_up', 'internal'];
const ENDED: Status[] = ['resolved', 'cancelled'];

export const rankOf = (priority: Priority): number => BY_RANK.indexOf(priority);
/** The same of a row, SQL. */
export const RANK_SQL = `(array_position('{${BY_RANK.join(',')}}'::text[], priority) - 1)`;

/** Every facet that has tasks asked for. */
export function facetsOf({ assignees, overdue, ...asked }: Asked): Facet[] {
  const channels = assignees ? [null] : (asked.channel ?? CHANNELS);
  const types = assignees ? [null] : (asked.type ?? TYPES);
  const facets: Facet[] = [];
  for (const assignee of assignees ?? [null])
    for (const status of asked.status ?? STATUSES)
      for (const isOverdue of overdue === undefined ? [false, true] : [overdue]) {
        // What has ended is never overdue.
        if (isOverdue && ENDED.includes(status)) continue;
        for (const priority of asked.priority ?? BY_RANK)
          for (const channel of channels)
            for (const type of types)
              facets.push({ assignee, status, overdue: isOverdue, priority, channel, type });
      }
  return facets;
}

/** The columns of `facet` in a statement, with their types, in the order of `facetArrays`. */
export const FACET_COLUMNS = {
  assignee_kind: 'text',
  assignee_id: 'text',
  status: 'text',
  overdue: 'boolean',
  priority: 'text',
  channel: 'text',
  type: 'text',
  rank: 'integer',
  from_value: 'timestamptz',
  from_id: 'uuid',
} as const;

/** What an order of facets goes by. */
type Ranked = Pick<Facet, 'overdue' | 'priority'>;
/** An order of facets before the order within them: by rank, by urgency, or (always 0) none. */
export type FacetRank = (of: Ranked) => number;

const LEAST_ID = '00000000-0000-0000-0000-000000000000';
const GREATEST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Bounds of what is sorted by: from, inclusive; before, exclusive. */
export interface Bounds {
  from?: string;
  before?: string;
}

/** Where a facet is read from. */
interface Start {
  rankIn: FacetRank;
  after: Keyset | null;
  descending: boolean;
  /** Said here, and not as a condition beside: an index range has one beginning, and would not take this for it. */
  bounds: Bounds;
}

/**
 * The facets as columns of a statement, with where to begin in each: behind the keyset [rank, value, id].
 *
 * @returns one array a column; empty ones when nothing is left behind the keyset.
 */
export function facetArrays(
  facets: readonly Facet[],
  { rankIn, after, descending, bounds }: Start,
): unknown[][] {
  const { from, before } = bounds;
  // What has no due date is at infinity, and not within any bounds.
  const last =
    from === undefined && before === undefined ? ['infinity', GREATEST_ID] : [before ?? 'infinity', LEAST_ID];
  const outermost = descending ? last : [from ?? '-infinity', LEAST_ID];
  const rows = facets.flatMap((facet) => {
    const rank = rankIn(facet);
    const beyond = after === null ? 1 : (rank - Number(after[0])) * (descending ? -1 : 1);
    // Before the one in which the page ended: all of it was on pages before.
    if (beyond < 0) return [];
    const [value, id] = beyond === 0 ? after!.slice(1) : outermost;
    const { assignee, status, overdue, priority, channel, type } = facet;
    return [
      [
        assignee?.kind ?? null,
        assignee?.id ?? null,
        status,
        overdue,
        priority,
        channel,
        type,
        rank,
        value,
        id,
      ],
    ];
  });
  return Object.keys(FACET_COLUMNS).map((_, column) => rows.map((row) => row[column]));
}
