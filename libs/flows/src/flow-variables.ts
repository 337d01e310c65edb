/** What a flow may look at: the event, its conversation, and what the AI agent concluded. No clock. */
export interface FlowVariables {
  event: { id: string; source: string; type: string; time: string; subject: string };
  conversation: {
    id: string;
    channel: string;
    customer: { id: string; name?: string | null; address?: string | null } | null;
    startedAt: string | null;
    endedAt: string | null;
  };
  /** The event's data, as it came. */
  outcome: Record<string, unknown>;
}

/** A place in the variables, from its root: `['outcome', 'slots', 'visit_date']`. */
export type VariablePath = readonly (string | number)[];

type Members = { [name: string]: true | Members };

/** Every member of the variables whose shape is known; `outcome` has whatever was sent. */
const MEMBERS: Members = {
  event: { id: true, source: true, type: true, time: true, subject: true },
  conversation: {
    id: true,
    channel: true,
    customer: { id: true, name: true, address: true },
    startedAt: true,
    endedAt: true,
  },
};

/** Whether a name is one of the variables. */
export function isVariable(name: unknown): boolean {
  return name === 'event' || name === 'conversation' || name === 'outcome';
}

/** A problem when a path names something that is never there, such as `conversation.custmer`. */
export function checkPath(path: VariablePath): string | null {
  if (!isVariable(path[0]))
    return `no such variable: ${pathText(path.slice(0, 1))}; there are event, conversation and outcome`;
  if (path[0] === 'outcome') return null;
  let members: Members = MEMBERS;
  for (const [i, name] of path.entries()) {
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    if (member === undefined)
      return `no such member: ${pathText(path.slice(0, i + 1))}; there are ${Object.keys(members).join(', ')}`;
    if (member === true) {
      return i === path.length - 1 ? null : `${pathText(path.slice(0, i + 1))} has no members`;
    }
    members = member;
  }
  return null;
}

/** A path as people write it: `outcome.slots.date`, `outcome.items[0]`, `outcome["odd name"]`. */
export function pathText(path: VariablePath): string {
  return path
    .map((step, i) => {
      if (typeof step === 'number') return `[${step}]`;
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(step)) return `[${JSON.stringify(step)}]`;
      return i === 0 ? step : `.${step}`;
    })
    .join('');
}

/** The value at a path, undefined when something on the way is missing. Own properties only. */
export function valueAt(variables: FlowVariables, path: VariablePath): unknown {
  let value: unknown = variables;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
