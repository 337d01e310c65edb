import { type Bounds } from './task.facets';

/**
 * A list by creation with bounds on the due date would pass over every task outside of them: of those due before last month, newest
 * first, all that came since. But a task is nearly always due between its creation and a month later, so that bounds of the one bound
 * the other. The few that are not are read beside, by an index of their own.
 */
const LONGEST_DAYS = 31;

/** As in `task_unusually_due`, word for word: else it is not used. */
const UNUSUALLY_DUE = `(due_at < created_at or due_at - created_at > interval '${LONGEST_DAYS} days')`;

/** A part of a facet, SQL: where it begins, and which of its tasks are in it. */
export interface Range {
  start: string;
  where: string;
}

export const WHOLE: Range = { start: 'facet.from_value', where: 'true' };

/**
 * A facet in order of creation, of which only those within `bounds` are wanted, which the statement says beside.
 *
 * @param parameter makes a value the statement's next parameter, and says its number.
 */
export function createdRanges(
  { from, before }: Bounds,
  descending: boolean,
  parameter: (value: string) => number,
): Range[] {
  if (from === undefined && before === undefined) return [WHOLE];
  // Hours, since a day less is a matter of the session's time zone; and one more, so that none is at the very start.
  const earliest = `$${parameter(from ?? '-infinity')}::timestamptz - interval '${LONGEST_DAYS * 24 + 1} hours'`;
  const latest = `$${parameter(before ?? 'infinity')}::timestamptz`;
  const [start, end] = descending
    ? [`least(facet.from_value, ${latest})`, `created_at >= ${earliest}`]
    : [`greatest(facet.from_value, ${earliest})`, `created_at < ${latest}`];
  return [
    { start, where: `${end} and not ${UNUSUALLY_DUE}` },
    { start: 'facet.from_value', where: UNUSUALLY_DUE },
  ];
}
