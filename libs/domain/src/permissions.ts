import { type Verb } from './command';
import { type Person } from './person';
import { type Task } from './task';
import { type Actor } from './vocabulary';

/** Who asks, and of which task. */
export interface Asking {
  actor: Actor;
  /** The actor as the workforce knows them; null for one it does not know, and for all but agents. */
  person: Person | null;
  task: Task;
}

/** How somebody can be concerned with a task. Read aloud: "a member: an agent of the team the task is assigned to". */
export const RELATIONS = {
  service: { says: 'a service', holds: ({ actor }) => actor.kind === 'service' },
  lead: { says: 'an agent with the role `lead`', holds: ({ person }) => person?.isLead === true },
  holder: {
    says: 'whoever holds the claim, also when away, and also when no member any more',
    holds: ({ actor, task }) => isHolder(actor, task),
  },
  assignee: {
    says: 'the agent the task is assigned to',
    holds: ({ actor, task }) =>
      actor.kind === 'agent' && task.assignee?.kind === 'agent' && task.assignee.id === actor.id,
  },
  member: {
    says: 'an agent of the team the task is assigned to',
    holds: ({ person, task }) =>
      task.assignee?.kind === 'team' && person !== null && person.teams.includes(task.assignee.id),
  },
  anybody: {
    says: 'any agent of the workforce, where the task is assigned to nobody',
    holds: ({ person, task }) => task.assignee === null && person !== null,
  },
  creator: {
    says: 'whoever created the task',
    holds: ({ actor, task }) => task.createdBy.kind === actor.kind && task.createdBy.id === actor.id,
  },
  colleague: { says: 'any agent of the workforce', holds: ({ person }) => person !== null },
  aiAgent: { says: 'an AI agent', holds: ({ actor }) => actor.kind === 'ai_agent' },
} as const satisfies Record<string, { says: string; holds(asking: Asking): boolean }>;
export type Relation = keyof typeof RELATIONS;

const WORKING = ['service', 'lead', 'holder', 'assignee', 'member', 'anybody'] as const;
const DISPOSING = [...WORKING, 'creator'] as const;

/** Who may do what: one of these relations is enough. Claims and availability are asked after (`change.rules.ts`). */
export const PERMISSIONS: Readonly<Record<Verb, readonly Relation[]>> = {
  claim: WORKING,
  start: WORKING,
  resolve: WORKING,
  release: ['service', 'lead', 'holder', 'member'],
  assign: DISPOSING,
  cancel: DISPOSING,
  reopen: DISPOSING,
  update: DISPOSING,
  comment: ['service', 'colleague', 'aiAgent'],
};

/** Of the relations that permit a verb, those this one has. */
export function relationsOf(verb: Verb, asking: Asking): Relation[] {
  return PERMISSIONS[verb].filter((relation) => RELATIONS[relation].holds(asking));
}

/** A claim is an agent's or, where a service made it, that service's; which of the two, the id alone tells. */
export function isHolder(actor: Actor, task: Task): boolean {
  return (actor.kind === 'agent' || actor.kind === 'service') && task.claimedBy === actor.id;
}
