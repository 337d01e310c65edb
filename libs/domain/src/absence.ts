import { type Activity, type Cause } from './activity';
import { activitiesOf, releasing } from './happening';
import { type TimePolicy } from './time-policy';
import { type Person } from './person';
import { isOpen } from './timers';
import { type TaskRecord, WORKFORCE_ACTOR } from './timekeeping';
import { type Instant } from './vocabulary';

/**
 * Why the holder of a team's task is not there for it any more; null when they are. Somebody who is away comes back.
 *
 * @param person the holder as the workforce has them now; null when they were removed.
 */
export function absenceOf(
  { task: { assignee, claimedBy } }: TaskRecord,
  person: Person | null,
): string | null {
  if (claimedBy === null || assignee?.kind !== 'team') return null;
  if (person === null) return `the holder '${claimedBy}' was removed`;
  // Of the two that may hold at once, the one that lasts.
  if (!person.isLead && !person.teams.includes(assignee.id))
    return `the holder '${claimedBy}' has left team '${assignee.id}'`;
  return person.availability === 'offline' ? `the holder '${claimedBy}' is offline` : null;
}

/**
 * What happens to a claim whose holder is gone: it goes back to the team where the team wants that, and is flagged where it does not,
 * once for each reason.
 */
export function decideAbsence(
  absence: string,
  { task, timekeeping }: TaskRecord,
  timePolicy: TimePolicy,
  occasion: { time: Instant; cause: Cause },
): Activity[] {
  if (!isOpen(task)) return [];
  const told = { ...occasion, actor: WORKFORCE_ACTOR, reason: absence };
  if (timePolicy.returnsWhenGone(task)) return activitiesOf(releasing(), task, told);
  if (timekeeping.claimFlag?.split('\n').includes(absence)) return [];
  return activitiesOf([['task.assignment_changed.v1', {}]], task, told, true);
}
