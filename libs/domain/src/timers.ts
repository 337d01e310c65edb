import { type Activity } from './activity';
import { activitiesOf, type Happening, releasing } from './happening';
import { instantFromMs } from './instant';
import { addIsoDuration, subtractIsoDuration } from './iso-duration';
import { type TimePolicy } from './time-policy';
import { type Task } from './task';
import { type TaskRecord, TIMERS_ACTOR } from './timekeeping';
import { type Instant } from './vocabulary';

/** `source` of what timers cause; with the id it is a timer's identity (invariant 6). */
export const TIMERS_SOURCE = '/conversation-tasks/timers';

export type TimerKind = 'due_soon' | 'overdue' | 'lease';
export const TIMER_KINDS = ['due_soon', 'overdue', 'lease'] as const satisfies readonly TimerKind[];

/** Each timer, read aloud: when it is due, and what it then does. */
export const TIMER_RULES: Readonly<Record<TimerKind, { when: string; does: string }>> = {
  due_soon: {
    when: 'so long before the due date as the team’s settings or the tenant’s policy say (`dueSoon`)',
    does: '`task.due_soon.v1`',
  },
  overdue: { when: 'the due date', does: '`task.overdue.v1`' },
  lease: {
    when: 'a team’s task is claimed, and its holder was idle for so long as the team’s settings say (`claims.idleFor`)',
    does: 'the claim goes back to the team, as by `release`',
  },
};

/** For a task whose first timer's moment is not known: at the next look it is found due, and worked out. */
export const LONG_PAST: Instant = instantFromMs(0)!;

/** Something that time alone will do to a task, if nothing else happens before. */
export interface Timer {
  kind: TimerKind;
  /** The moment it is due, and the time of what it does. */
  at: Instant;
  /** The activity that set it, by its sequence. */
  setBy: number;
}

/**
 * The timers of a task, the earliest first. A date long past has its timers too, for each is said once of each date that was set,
 * however late; a task that has ended has none until it is reopened.
 */
export function timersOf(record: TaskRecord, timePolicy: TimePolicy): Timer[] {
  if (!isOpen(record.task)) return [];
  return [...dueTimers(record, timePolicy), ...leaseTimers(record, timePolicy)].sort((a, b) =>
    a.at < b.at ? -1 : Number(a.at > b.at),
  );
}

export function isOpen({ status }: Task): boolean {
  return status === 'to_do' || status === 'in_progress';
}

function dueTimers(
  { task, timekeeping: { dueSetBy: setBy, dueSaid } }: TaskRecord,
  timePolicy: TimePolicy,
): Timer[] {
  if (task.dueAt === null || setBy === null || dueSaid === 'overdue') return [];
  const timers: Timer[] = [];
  const before = dueSaid === null ? timePolicy.dueSoonBefore(task) : null;
  if (before) {
    // So long before that there is no such moment: from the first one on.
    const at = instantFromMs(subtractIsoDuration(Date.parse(task.dueAt), before)) ?? LONG_PAST;
    timers.push({ kind: 'due_soon', at, setBy });
  }
  return [...timers, { kind: 'overdue', at: task.dueAt, setBy }];
}

function leaseTimers({ task, timekeeping }: TaskRecord, timePolicy: TimePolicy): Timer[] {
  const { claimActiveAt, claimActiveBy: setBy } = timekeeping;
  const idleFor = task.claimedBy === null ? null : timePolicy.claimIdleFor(task);
  if (!idleFor || claimActiveAt === null || setBy === null) return [];
  const at = instantFromMs(addIsoDuration(Date.parse(claimActiveAt), idleFor));
  return at === null ? [] : [{ kind: 'lease', at, setBy }];
}

/** What a timer that is due does to its task. */
export function decideTimer(
  { kind, at, setBy }: Timer,
  { task }: TaskRecord,
  timePolicy: TimePolicy,
): Activity[] {
  const cause = { source: TIMERS_SOURCE, id: `${task.id}:${kind}:${setBy}` };
  const reason = kind === 'lease' ? `the claim was idle for ${timePolicy.claimIdleFor(task)!.text}` : null;
  return activitiesOf(happeningsOf(kind), task, { actor: TIMERS_ACTOR, time: at, reason, cause });
}

function happeningsOf(kind: TimerKind): Happening[] {
  switch (kind) {
    case 'due_soon':
      return [['task.due_soon.v1', {}]];
    case 'overdue':
      return [['task.overdue.v1', { overdue: true }]];
    case 'lease':
      return releasing();
  }
}
