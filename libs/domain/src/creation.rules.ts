import { type CreateTask } from './command';
import { type DecisionContext } from './decision';
import { type Rejection } from './rejection';
import { type Task } from './task';

interface CreationFacts {
  create: CreateTask['data'];
  task: Task | null;
  due: ReturnType<DecisionContext['resolveDue']> | null;
  context: Pick<DecisionContext, 'assigneeExists'>;
}

export type CreationRule = (facts: CreationFacts) => Rejection | null;

const theTaskIsNew: CreationRule = ({ task }) =>
  task && {
    code: 'task_exists',
    detail: `task ${task.id} exists already, in conversation ${task.conversationId}`,
  };

const theAssigneeIsKnown: CreationRule = ({ create, context }) =>
  create.assignee && !context.assigneeExists(create.assignee)
    ? { code: 'unknown_assignee', detail: `no ${create.assignee.kind} '${create.assignee.id}' is known` }
    : null;

const theDueDateCanBeWorkedOut: CreationRule = ({ due }) =>
  due && !due.ok ? { code: 'invalid_due', detail: due.problem } : null;

/** What must hold for a task to be created by command, in the order it is asked. The first that does not is the answer. */
export const creationRules: readonly CreationRule[] = [
  theTaskIsNew,
  theAssigneeIsKnown,
  theDueDateCanBeWorkedOut,
];
