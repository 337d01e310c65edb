import { type Activity, type Cause } from './activity';
import { type DueResolution } from './due';
import { activitiesOf, movingDue } from './happening';
import { type TaskRecord, WORKFORCE_ACTOR } from './timekeeping';
import { isOpen } from './timers';
import { type Instant } from './vocabulary';

/**
 * What becomes of a due date when the calendar that gave it has changed: it is worked out anew, from when it was counted first. Where
 * that cannot be done any more, because the calendar is gone or has no hours, the date stays.
 *
 * @param resolve the moment a `due` means, counted from a moment, as calendars are now.
 */
export function decideDueAgain(
  { task, timekeeping: { dueBy } }: TaskRecord,
  resolve: (due: { in: string; calendar: string }, from: Instant) => DueResolution,
  occasion: { time: Instant; cause: Cause; reason: string },
): Activity[] {
  if (!isOpen(task) || dueBy === null) return [];
  const due = resolve({ in: dueBy.in, calendar: dueBy.calendar }, dueBy.from);
  if (!due.ok || due.at === task.dueAt) return [];
  return activitiesOf([movingDue(task, due.at, due.by)], task, { ...occasion, actor: WORKFORCE_ACTOR });
}
