import { type Activity, type Change, type FlowTrace } from './activity';
import { type TaskCommand } from './command';
import { type CreationRule, creationRules } from './creation.rules';
import { decideChange } from './decide-change';
import { type Decision, type DecisionContext, type TaskDraft } from './decision';
import { type Task } from './task';
import { type Actor } from './vocabulary';

/**
 * Decides a command, purely: the same command, task and context always give the same decision.
 *
 * @param task the task the command is about, null when there is none.
 */
export function decide(command: TaskCommand, task: Task | null, context: DecisionContext): Decision {
  switch (command.type) {
    case 'task.create.v1':
      return decideCreate(command.data, task, context);
    default:
      return decideChange(command, task, context);
  }
}

function decideCreate(
  create: Extract<TaskCommand, { type: 'task.create.v1' }>['data'],
  task: Task | null,
  context: DecisionContext,
): Decision {
  const due = create.due == null ? null : context.resolveDue(create.due);
  const facts: Parameters<CreationRule>[0] = { create, task, due, context };
  for (const rule of creationRules) {
    const rejection = rule(facts);
    if (rejection) return { rejection };
  }
  const draft: TaskDraft = {
    id: create.taskId?.toLowerCase() ?? context.derivedTaskId,
    type: create.type,
    priority: create.priority,
    title: create.title,
    description: create.description ?? null,
    assignee: create.assignee ?? null,
    dueAt: due?.ok ? due.at : null,
    ...(due?.ok && due.by && { dueBy: due.by }),
  };
  return { activities: [taskCreated(draft, create.actor, context, { reason: create.reason })] };
}

/** The first activity of a task, whoever made it: an agent's command or a flow. */
export function taskCreated(
  draft: TaskDraft,
  actor: Actor,
  context: Pick<DecisionContext, 'tenantId' | 'conversationId' | 'channel' | 'time' | 'cause'>,
  { reason, flow }: { reason?: string | null; flow?: FlowTrace } = {},
): Activity {
  const { id, dueBy, ...fields } = draft;
  const initial = { ...fields, status: 'to_do' as const };
  const changes: Change[] = (Object.keys(initial) as (keyof typeof initial)[])
    .filter((field) => initial[field] !== null)
    .map((field) => ({ field, from: null, to: initial[field] }));
  return {
    type: 'task.created.v1',
    tenantId: context.tenantId,
    time: context.time,
    taskId: id,
    conversationId: context.conversationId,
    channel: context.channel,
    sequence: 1,
    actor: { kind: actor.kind, id: actor.id },
    ...(reason != null && { reason }),
    changes,
    ...(dueBy && { due: dueBy }),
    cause: context.cause,
    ...(flow && { flow }),
  };
}
