import {
  type Activity,
  type ActivityType,
  type Cause,
  type Change,
  type ChangingField,
  type WorkingDue,
} from './activity';
import { evolve } from './evolve';
import { type Task } from './task';
import { TRANSITIONS } from './transitions';
import { type Actor, type Instant } from './vocabulary';

/** One activity to be: what kind it is, which fields it sets, and what it says beside them. */
export type Happening = [
  type: ActivityType,
  to: Partial<Pick<Task, ChangingField>>,
  says?: Pick<Activity, 'text' | 'due'>,
];

/** Who makes things happen, when, why, and because of what. */
export interface Occasion {
  actor: Actor;
  time: Instant;
  reason?: string | null;
  cause: Cause;
}

/** A claim is given back, by whoever or whatever does that; what was in progress is to do again. */
export function releasing(): Happening[] {
  return [
    ['task.assignment_changed.v1', { claimedBy: null }],
    ['task.status_changed.v1', { status: TRANSITIONS.release.in_progress!, startedAt: null }],
  ];
}

/** A due date is set anew; a later one, or none, takes back that the task is overdue. */
export function movingDue(task: Task, dueAt: Instant | null, by?: WorkingDue): Happening {
  const overdue = task.overdue && dueAt !== null && dueAt <= task.dueAt!;
  return ['task.due_date_changed.v1', { dueAt, overdue }, by && { due: by }];
}

/** Said even though no field changes. */
const ALWAYS: readonly ActivityType[] = [
  'task.completed.v1',
  'task.commented.v1',
  'task.due_soon.v1',
  // Of a task that was overdue before its date was moved to an earlier one.
  'task.overdue.v1',
];

/**
 * What happens to a task, as its next activities. One that would change nothing is left out, unless it is one of those that are said
 * for themselves.
 *
 * @param evenUnchanged for an occasion that is to be told though no field changes.
 */
export function activitiesOf(
  happening: readonly Happening[],
  task: Task,
  { actor, time, reason, cause }: Occasion,
  evenUnchanged = false,
): Activity[] {
  const activities: Activity[] = [];
  let before = task;
  for (const [type, to, says] of happening) {
    const changes = changesOf(before, to);
    if (changes.length === 0 && !evenUnchanged && !ALWAYS.includes(type)) continue;
    const activity: Activity = {
      type,
      tenantId: task.tenantId,
      time,
      taskId: task.id,
      conversationId: task.conversationId,
      channel: task.channel,
      sequence: before.version + 1,
      actor: { kind: actor.kind, id: actor.id },
      ...(reason != null && { reason }),
      ...says,
      changes,
      cause,
    };
    activities.push(activity);
    before = evolve(before, activity);
  }
  return activities;
}

/** The fields that would really change. */
function changesOf(task: Task, to: Partial<Pick<Task, ChangingField>>): Change[] {
  return (Object.keys(to) as ChangingField[])
    .filter((field) => !same(task[field], to[field]))
    .map((field) => ({ field, from: task[field], to: to[field] }));
}

function same(a: unknown, b: unknown): boolean {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  const [{ kind, id }, other] = [a, b] as [{ kind: string; id: string }, { kind: string; id: string }];
  return kind === other.kind && id === other.id;
}
