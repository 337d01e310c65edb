import { type IsoDuration, isZeroDuration, parseIsoDuration } from './iso-duration';
import { type Task } from './task';
import { type Priority } from './vocabulary';

/** A length of time, and how whoever set it wrote it. */
export interface SetDuration extends IsoDuration {
  text: string;
}

/** When a tenant's tasks are due soon, and how long and by whom a claim may be held. */
export interface TimePolicy {
  /** How long before its due date a task is said to be due soon; null: it never is. */
  dueSoonBefore(task: Task): IsoDuration | null;
  /** How long the claim of a team's task may be idle before it goes back to the team; null: for ever. */
  claimIdleFor(task: Task): SetDuration | null;
  /** Whether a claim goes back to the team when its holder is gone, instead of being flagged. */
  returnsWhenGone(task: Task): boolean;
}

/** `dueSoon` of a policy or a team's settings. */
interface DueSoonSettings {
  before: string;
  byPriority?: Partial<Record<Priority, string | null>> | null;
}

/** What of a team's settings is about time. */
export interface TeamTimeSettings {
  dueSoon?: DueSoonSettings | null;
  claims?: { idleFor?: string | null; returnWhenGone?: boolean | null } | null;
}

/** What of a tenant's policy is about time. */
export type PolicyTimeSettings = Pick<TeamTimeSettings, 'dueSoon'>;

/** Where no policy says anything: the more urgent a task, the shorter the time that is left to it anyway. */
export const DUE_SOON_BEFORE: Readonly<Record<Priority, string>> = {
  critical: 'PT15M',
  high: 'PT1H',
  medium: 'PT2H',
  low: 'PT4H',
};

/** @param teams settings by the team's id; a team's own `dueSoon` stands for the policy's as a whole. */
export function timePolicyOf(
  policy: PolicyTimeSettings | null,
  teams: ReadonlyMap<string, TeamTimeSettings>,
): TimePolicy {
  const teamOf = ({ assignee }: Task): TeamTimeSettings | undefined =>
    assignee?.kind === 'team' ? teams.get(assignee.id) : undefined;
  const durations = new Map<string, SetDuration | null>();
  const read = (text: string): SetDuration | null => {
    let duration = durations.get(text);
    if (duration === undefined) {
      const parsed = parseIsoDuration(text);
      duration = parsed && !isZeroDuration(parsed) ? { ...parsed, text } : null;
      durations.set(text, duration);
    }
    return duration;
  };
  return {
    dueSoonBefore(task) {
      const dueSoon = teamOf(task)?.dueSoon ?? policy?.dueSoon;
      return read(
        dueSoon ? (dueSoon.byPriority?.[task.priority] ?? dueSoon.before) : DUE_SOON_BEFORE[task.priority],
      );
    },
    claimIdleFor(task) {
      const text = teamOf(task)?.claims?.idleFor;
      return text ? read(text) : null;
    },
    returnsWhenGone: (task) => teamOf(task)?.claims?.returnWhenGone ?? false,
  };
}
