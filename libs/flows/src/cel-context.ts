import { type FlowVariables } from './flow-variables';

/** The variables as cel-js wants them. */
export interface CelContext {
  event: Record<string, unknown>;
  conversation: Record<string, unknown>;
  outcome: unknown;
}

/** An event's variables are turned once, whatever the number of flows: to go through a large outcome takes milliseconds. */
const turned = new WeakMap<FlowVariables, CelContext>();

/**
 * Turns the variables into an expression's: times become timestamps, and what is null in event or conversation is
 * left out, so that `has(conversation.customer)` says whether there is one. A null in `outcome` stays a null.
 */
export function celContextOf(variables: FlowVariables): CelContext {
  let context = turned.get(variables);
  if (!context) turned.set(variables, (context = turn(variables)));
  return context;
}

function turn({ event, conversation, outcome }: FlowVariables): CelContext {
  const { customer, startedAt, endedAt } = conversation;
  return {
    event: { ...event, time: new Date(event.time) },
    conversation: {
      id: conversation.id,
      channel: conversation.channel,
      customer: customer
        ? { id: customer.id, name: customer.name ?? undefined, address: customer.address ?? undefined }
        : undefined,
      startedAt: startedAt == null ? undefined : new Date(startedAt),
      endedAt: endedAt == null ? undefined : new Date(endedAt),
    },
    outcome: holdsConstructor(outcome) ? asMaps(outcome) : outcome,
  };
}

/** cel-js tells a map by its `constructor`, so an object that has a field of that name must be a Map. */
function holdsConstructor(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsConstructor);
  return Object.hasOwn(value, 'constructor') || Object.values(value).some(holdsConstructor);
}

function asMaps(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(asMaps);
  return new Map(Object.entries(value).map(([key, member]) => [key, asMaps(member)]));
}
