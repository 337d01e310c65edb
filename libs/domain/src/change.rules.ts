import { type ChangeTask, type Verb, verbOf } from './command';
import { type DecisionContext } from './decision';
import { type Asking, isHolder, type Relation, relationsOf } from './permissions';
import { type Rejection, type RejectionCode } from './rejection';
import { type Task } from './task';
import { TRANSITIONS } from './transitions';

/** What the rules for a change are asked about. */
export interface ChangeFacts extends Asking {
  command: ChangeTask;
  verb: Verb;
  /** How the actor is concerned with the task, as far as that permits the verb. */
  relations: readonly Relation[];
  due: ReturnType<DecisionContext['resolveDue']> | null;
  context: Pick<DecisionContext, 'assigneeExists'>;
}

type Refusal = (facts: ChangeFacts) => Rejection | null;

/** One of the rules, as it is read aloud. */
export interface ChangeRule {
  /** What must hold. */
  says: string;
  otherwise: RejectionCode;
  /** @returns why the rule refuses the command; null when it holds. */
  refusal: Refusal;
}

/** Verbs that take a task in hand, and so need whoever holds it to give it up first. */
export const TAKES_IN_HAND: readonly Verb[] = ['claim', 'start', 'resolve', 'cancel', 'assign', 'release'];
/** Verbs that only an available member may do: the others dispose of a task rather than work on it. */
const WORKS_ON: readonly Verb[] = ['claim', 'start', 'resolve'];

const theVersionIsTheOneSeen: Refusal = ({ command: { data }, task }) =>
  data.expectedVersion != null && data.expectedVersion !== task.version
    ? {
        code: 'stale_version',
        detail: `task ${task.id} is at version ${task.version}, not ${data.expectedVersion}`,
      }
    : null;

const theActorMayDoIt: Refusal = ({ relations, actor, person, verb, task }) => {
  if (relations.length > 0) return null;
  if (actor.kind === 'agent' && !person)
    return { code: 'not_allowed', detail: `no agent '${actor.id}' is known` };
  return {
    code: 'not_allowed',
    detail: `${actor.kind} '${actor.id}' may not ${verb} task ${task.id}, which is ${ownerOf(task)}`,
  };
};

const theStatusAllowsIt: Refusal = ({ verb, task }) => {
  if (!TRANSITIONS[verb][task.status])
    return { code: 'illegal_transition', detail: `cannot ${verb} task ${task.id}: it is ${task.status}` };
  return verb === 'release' && task.claimedBy === null
    ? { code: 'illegal_transition', detail: `cannot release task ${task.id}: nobody has claimed it` }
    : null;
};

const nobodyElseHoldsIt: Refusal = ({ verb, task, actor, relations }) => {
  if (task.claimedBy === null || isHolder(actor, task) || !TAKES_IN_HAND.includes(verb)) return null;
  const overrides = verb !== 'claim' && (relations.includes('service') || relations.includes('lead'));
  return overrides
    ? null
    : { code: 'already_claimed', detail: `task ${task.id} is claimed by '${task.claimedBy}'` };
};

const theMemberIsAvailable: Refusal = ({ verb, relations, person }) =>
  WORKS_ON.includes(verb) &&
  relations.every((relation) => relation === 'member') &&
  person!.availability !== 'available'
    ? { code: 'not_available', detail: `agent '${person!.id}' is ${person!.availability}` }
    : null;

const theNewAssigneeIsKnown: Refusal = ({ command, context }) => {
  if (command.type !== 'task.assign.v1') return null;
  const { assignee } = command.data;
  return assignee && !context.assigneeExists(assignee)
    ? { code: 'unknown_assignee', detail: `no ${assignee.kind} '${assignee.id}' is known` }
    : null;
};

const theNewDueDateCanBeWorkedOut: Refusal = ({ due }) =>
  due && !due.ok ? { code: 'invalid_due', detail: due.problem } : null;

/** What must hold for a task to be changed by command, in the order it is asked. The first that does not is the answer. */
export const changeRules: readonly ChangeRule[] = [
  {
    says: 'the task is at the version its sender has seen (`expectedVersion`)',
    otherwise: 'stale_version',
    refusal: theVersionIsTheOneSeen,
  },
  {
    says: 'the actor is somebody who may do this (below)',
    otherwise: 'not_allowed',
    refusal: theActorMayDoIt,
  },
  {
    says: 'the status allows it; to release a task, somebody has claimed it',
    otherwise: 'illegal_transition',
    refusal: theStatusAllowsIt,
  },
  {
    says: `to ${TAKES_IN_HAND.join(', ')}: nobody else holds the claim; a lead or a service may pass over that, but not claim`,
    otherwise: 'already_claimed',
    refusal: nobodyElseHoldsIt,
  },
  {
    says: `to ${WORKS_ON.join(', ')} as a member of the team, without the claim: the member is available`,
    otherwise: 'not_available',
    refusal: theMemberIsAvailable,
  },
  {
    says: 'the new assignee is known to the workforce',
    otherwise: 'unknown_assignee',
    refusal: theNewAssigneeIsKnown,
  },
  {
    says: 'the new due date can be worked out',
    otherwise: 'invalid_due',
    refusal: theNewDueDateCanBeWorkedOut,
  },
];

/** Works out what the rules are asked about. */
export function factsOfChange(command: ChangeTask, task: Task, context: DecisionContext): ChangeFacts {
  const verb = verbOf(command);
  const { actor } = command.data;
  const person = actor.kind === 'agent' ? context.person(actor.id) : null;
  const due =
    command.type === 'task.update.v1' && command.data.due ? context.resolveDue(command.data.due) : null;
  const asking = { actor, person, task };
  return { ...asking, command, verb, relations: relationsOf(verb, asking), due, context };
}

function ownerOf({ assignee }: Task): string {
  return assignee ? `assigned to ${assignee.kind} '${assignee.id}'` : 'assigned to nobody';
}
