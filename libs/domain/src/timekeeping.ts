import { type Activity, type WorkingDue } from './activity';
import { evolve } from './evolve';
import { isHolder } from './permissions';
import { type Task } from './task';
import { type Instant } from './vocabulary';

/** Who speaks for the clock in the log. */
export const TIMERS_ACTOR = { kind: 'system', id: 'timers' } as const;
/** Who speaks for changes of the workforce in the log. */
export const WORKFORCE_ACTOR = { kind: 'system', id: 'workforce' } as const;

/**
 * What timers go by beside the task itself. It is folded from the same activities, so a rebuild restores it, and that is why each
 * timer fires once: what was said is known from the log.
 */
export interface Timekeeping {
  /** The activity that set the due date, by its sequence; null without a date. */
  dueSetBy: number | null;
  /** The last thing that was said of this due date. */
  dueSaid: 'due_soon' | 'overdue' | null;
  /** How a calendar gave the due date, if one did. */
  dueBy: WorkingDue | null;
  /** The holder's last activity since the claim, itself included: its sequence and time; null without a claim. */
  claimActiveBy: number | null;
  claimActiveAt: Instant | null;
  /** Why this claim was flagged, a line for each reason; null when it was not. */
  claimFlag: string | null;
}

/** A task with its timekeeping: all that its activities fold to. */
export interface TaskRecord {
  task: Task;
  timekeeping: Timekeeping;
}

/** Of a task to which nothing has happened yet. */
export const NOTHING_KEPT: Timekeeping = {
  dueSetBy: null,
  dueSaid: null,
  dueBy: null,
  claimActiveBy: null,
  claimActiveAt: null,
  claimFlag: null,
};

/** As `evolve`, of the task and its timekeeping. @throws as `evolve`. */
export function evolveRecord(record: TaskRecord | null, activity: Activity): TaskRecord {
  const task = evolve(record?.task ?? null, activity);
  const before = record?.timekeeping ?? NOTHING_KEPT;
  return {
    task,
    timekeeping: { ...dueAfter(before, activity), ...claimAfter(before, activity, task) },
  };
}

type DueTimekeeping = Pick<Timekeeping, 'dueSetBy' | 'dueSaid' | 'dueBy'>;

function dueAfter(
  { dueSetBy, dueSaid, dueBy }: Timekeeping,
  { type, sequence, changes, due }: Activity,
): DueTimekeeping {
  const change = changes.find(({ field }) => field === 'dueAt');
  if (change) return { dueSetBy: change.to === null ? null : sequence, dueSaid: null, dueBy: due ?? null };
  if (type === 'task.due_soon.v1') return { dueSetBy, dueSaid: 'due_soon', dueBy };
  if (type === 'task.overdue.v1') return { dueSetBy, dueSaid: 'overdue', dueBy };
  return { dueSetBy, dueSaid, dueBy };
}

type ClaimTimekeeping = Omit<Timekeeping, keyof DueTimekeeping>;

const NO_CLAIM: ClaimTimekeeping = { claimActiveBy: null, claimActiveAt: null, claimFlag: null };

function claimAfter(
  { claimActiveBy, claimActiveAt, claimFlag }: Timekeeping,
  activity: Activity,
  task: Task,
): ClaimTimekeeping {
  if (task.claimedBy === null) return NO_CLAIM;
  const { sequence, time, actor, changes, reason } = activity;
  if (claimActiveAt === null || changes.some(({ field }) => field === 'claimedBy'))
    return { claimActiveBy: sequence, claimActiveAt: time, claimFlag: null };
  // An activity that arrives late does not make the claim idler than it was.
  if (isHolder(actor, task) && time >= claimActiveAt)
    return { claimActiveBy: sequence, claimActiveAt: time, claimFlag };
  const isFlag = actor.kind === 'system' && actor.id === WORKFORCE_ACTOR.id && changes.length === 0;
  const flags = [claimFlag, isFlag ? reason : null].filter((flag) => flag != null);
  return { claimActiveBy, claimActiveAt, claimFlag: flags.join('\n') || null };
}
