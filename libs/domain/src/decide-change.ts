import { changeRules, type ChangeFacts, factsOfChange } from './change.rules';
import { type ChangeTask } from './command';
import { type Decision, type DecisionContext } from './decision';
import { activitiesOf, type Happening, movingDue, releasing } from './happening';
import { type Task } from './task';
import { TRANSITIONS } from './transitions';
import { type Instant } from './vocabulary';

/** Decides a command to a task that exists. A command that finds everything as it wants it is applied, with no activity. */
export function decideChange(command: ChangeTask, task: Task | null, context: DecisionContext): Decision {
  const { taskId } = command.data;
  if (!task || task.conversationId !== context.conversationId) {
    const detail = `no task ${taskId} in conversation ${context.conversationId}`;
    return { rejection: { code: 'task_not_found', detail } };
  }
  const facts = factsOfChange(command, task, context);
  for (const { refusal } of changeRules) {
    const rejection = refusal(facts);
    if (rejection) return { rejection };
  }
  const { actor, reason } = command.data;
  return { activities: activitiesOf(happenings(facts, context.time), task, { ...context, actor, reason }) };
}

/** What happens, in order; what would change nothing is left out later. */
function happenings(facts: ChangeFacts, time: Instant): Happening[] {
  const { command, task, verb } = facts;
  const status = TRANSITIONS[verb][task.status]!;
  switch (command.type) {
    case 'task.assign.v1':
      return [['task.assignment_changed.v1', { assignee: command.data.assignee, claimedBy: null }]];
    case 'task.claim.v1':
      return [['task.assignment_changed.v1', claimed(facts)]];
    case 'task.release.v1':
      return releasing();
    case 'task.start.v1':
      return [
        ['task.assignment_changed.v1', takenInHand(facts)],
        ['task.status_changed.v1', { status, startedAt: time }],
      ];
    case 'task.resolve.v1': {
      const { resolution = null } = command.data;
      const end = { status, resolvedAt: time, resolution, overdue: false };
      return [
        ['task.assignment_changed.v1', takenInHand(facts)],
        ['task.status_changed.v1', end],
        ['task.completed.v1', {}],
      ];
    }
    case 'task.cancel.v1':
      return [['task.status_changed.v1', { status, overdue: false }]];
    case 'task.reopen.v1':
      return [
        [
          'task.status_changed.v1',
          { status, claimedBy: null, startedAt: null, resolvedAt: null, resolution: null },
        ],
      ];
    case 'task.update.v1':
      return updates(command.data, facts);
    case 'task.comment.v1':
      return [['task.commented.v1', {}, { text: command.data.text }]];
  }
}

/** A claim; of a task that nobody has, the agent becomes the assignee. */
function claimed({ actor, task }: ChangeFacts): Partial<Task> {
  return task.assignee === null && actor.kind === 'agent'
    ? { assignee: { kind: 'agent', id: actor.id } }
    : { claimedBy: actor.id };
}

/** Whoever starts or resolves what nobody has taken, takes it. A service acts for others, and takes nothing. */
function takenInHand(facts: ChangeFacts): Partial<Task> {
  const { actor, task } = facts;
  const isFree = task.assignee === null || (task.assignee.kind === 'team' && task.claimedBy === null);
  return isFree && actor.kind === 'agent' ? claimed(facts) : {};
}

function updates(
  data: Extract<ChangeTask, { type: 'task.update.v1' }>['data'],
  { due, task }: ChangeFacts,
): Happening[] {
  const { priority, title, description, type } = data;
  const happening: Happening[] = [];
  if (priority !== undefined) happening.push(['task.priority_changed.v1', { priority }]);
  if (data.due !== undefined) {
    happening.push(due?.ok ? movingDue(task, due.at, due.by) : movingDue(task, null));
  }
  const details = {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(type !== undefined && { type }),
  };
  return [...happening, ['task.details_changed.v1', details]];
}
