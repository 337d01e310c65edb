import { type Activity, type Cause } from './activity';
import { activitiesOf, releasing } from './happening';
import { type Pacing } from './pacing';
import { type Person } from './person';
import { isOpen } from './timers';
import { type TaskRecord, WORKFORCE_ACTOR } from './timekeeping';
import { type Instant } from './vocabulary';

/**
 * Why the holder of a team's task is not there for it any more; null when there is nothing to say: also when the claim is no agent's,
 * since a service is of no team.
 *
 * @param wasAgent whether the workforce knows or knew an agent of this id.
 */
export function absenceOf(
  { task: { assignee, claimedBy } }: TaskRecord,
  person: Person | null,
  wasAgent: boolean,
): string | null {
  if (claimedBy === null || assignee?.kind !== 'team' || !wasAgent) return null;
  if (person === null) return `the holder '${claimedBy}' was removed`;
  if (person.availability === 'offline') return `the holder '${claimedBy}' is offline`;
  return person.isLead || person.teams.includes(assignee.id)
    ? null
    : `the holder '${claimedBy}' has left team '${assignee.id}'`;
}

/**
 * What happens to a claim whose holder is gone: it goes back to the team where the team wants that, and is flagged where it does not,
 * once for the same reason.
 */
export function decideAbsence(
  absence: string,
  { task, timekeeping }: TaskRecord,
  pacing: Pacing,
  occasion: { time: Instant; cause: Cause },
): Activity[] {
  if (!isOpen(task)) return [];
  const told = { ...occasion, actor: WORKFORCE_ACTOR, reason: absence };
  if (pacing.returnsWhenGone(task)) return activitiesOf(releasing(), task, told);
  if (timekeeping.claimFlag === absence) return [];
  return activitiesOf([['task.assignment_changed.v1', {}]], task, told, true);
}
