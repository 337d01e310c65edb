import { type Channel, type Priority, type Status, type TaskType } from '#libs/domain';
import { type Faceted } from './facet.statement';
import { type Conditional } from './keyset';
import { type Gathered } from './gathered.statement';
import { type Facet, facetsOf } from './task.facets';
import { DUE, type TaskSort } from './task.order';

/** Which tasks, in which order. What is absent does not matter. */
export interface TaskQuestion {
  status?: Status[];
  type?: TaskType[];
  priority?: Priority[];
  channel?: Channel[];
  /** An agent it is assigned to. */
  assignee?: string;
  team?: string;
  conversationId?: string;
  overdue?: boolean;
  dueBefore?: string;
  dueAfter?: string;
  /** All of these are in its title, its description or what is known of its customer, each a word of its own; case does not matter. */
  words?: string;
  sort: TaskSort;
  descending: boolean;
}

/** The question as facets to be read. */
export function facetedIn(question: TaskQuestion): Faceted {
  const assignees = assigneesIn(question);
  const bounds = { from: question.dueAfter, before: question.dueBefore };
  if (assignees.length === 0) return { facets: facetsOf(question), others: dueIn(question), bounds };
  const { channel, type } = question;
  return {
    facets: facetsOf({ ...question, assignees }),
    others: [...oneOf({ channel, type }), ...dueIn(question)],
    bounds,
  };
}

/** The question, but for its words, as conditions on what is gathered. */
export function gatheredIn(question: TaskQuestion): Pick<Gathered, 'where'> {
  const { conversationId, overdue, status, type, priority, channel } = question;
  const assignees = assigneesIn(question).map(({ kind, id }) => `${kind}:${id}`);
  const where: Conditional[] = [
    ...(conversationId === undefined ? [] : [['conversation_id = ?', conversationId] satisfies Conditional]),
    ...oneOf({ status, type, priority, channel }),
    ...dueIn(question),
  ];
  if (overdue !== undefined) where.push(['overdue = ?', overdue]);
  if (assignees.length > 0) where.push(["assignee_kind || ':' || assignee_id = any (?::text[])", assignees]);
  return { where };
}

/** A task has one assignee: of an agent and a team, either. */
function assigneesIn({ assignee, team }: TaskQuestion): NonNullable<Facet['assignee']>[] {
  return [
    ...(assignee === undefined ? [] : [{ kind: 'agent' as const, id: assignee }]),
    ...(team === undefined ? [] : [{ kind: 'team' as const, id: team }]),
  ];
}

/** Columns that have one of some words. */
function oneOf(columns: Record<string, readonly string[] | undefined>): Conditional[] {
  return Object.entries(columns).flatMap(([column, words]) =>
    words ? [[`${column} = any (?::text[])`, words] satisfies Conditional] : [],
  );
}

function dueIn({ dueBefore, dueAfter }: TaskQuestion): Conditional[] {
  const due: Conditional[] = [];
  if (dueBefore !== undefined) due.push([`(${DUE}) < ?::timestamptz`, dueBefore]);
  // What is due at no time is not due after any. It is last in the index, which is read no further.
  if (dueAfter !== undefined) due.push([`(${DUE}) >= ?::timestamptz and (${DUE}) < 'infinity'`, dueAfter]);
  return due;
}
