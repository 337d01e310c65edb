import { type Activity } from './activity';
import { type Task } from './task';

/**
 * The task after an activity. The only way a task comes to be or changes, in the service, in `verify` and in a rebuild alike,
 * so folding the log gives the table (invariant 7).
 *
 * @param task the task before it; null when it is the first activity.
 * @throws when the activity does not follow: a log with a gap must not be folded in silence.
 */
export function evolve(task: Task | null, activity: Activity): Task {
  const before = task ?? emptyTask(activity);
  if (activity.sequence !== before.version + 1) {
    throw new Error(
      `task ${activity.taskId}: activity ${activity.sequence} does not follow version ${before.version}; the log has a gap or a repeat`,
    );
  }
  const after: Task = { ...before, updatedAt: activity.time, version: activity.sequence };
  for (const { field, to } of activity.changes) Object.assign(after, { [field]: to });
  return after;
}

/** A task before anything happened to it; the first activity's changes give it the rest. */
function emptyTask(activity: Activity): Task {
  return {
    id: activity.taskId,
    tenantId: activity.tenantId,
    conversationId: activity.conversationId,
    channel: activity.channel,
    type: 'follow_up',
    priority: 'medium',
    status: 'to_do',
    assignee: null,
    claimedBy: null,
    dueAt: null,
    title: '',
    description: null,
    createdBy: activity.actor,
    createdAt: activity.time,
    updatedAt: activity.time,
    startedAt: null,
    resolvedAt: null,
    resolution: null,
    overdue: false,
    version: 0,
  };
}
