import {
  decide,
  type DecisionContext,
  identityKey,
  type Instant,
  type Rejection,
  type TaskCommand,
  taskIdOf,
} from '#libs/domain';
import { causeOf } from './cause';
import { factsOf } from './conversation-facts';
import { createFlowTasks } from './flow-tasks';
import { type InboundEvent } from './inbound-event';
import { type InputPosition } from './input-position';
import { type Outcome } from './outcome';
import { type ShardTransaction, type TaskKey } from './shard.store';
import { type Tenant, type TenantDirectory } from './tenant-directory';
import { together } from './together';
import { WorkingSet } from './working-set';

export interface ApplyDependencies {
  directory: TenantDirectory;
  /** The wall clock, for `recordedAt` alone: everything else follows the event's time (invariant 6). */
  now(): Instant;
}

/**
 * What the flows of one transaction may cost, in their own units of 20–50 ns and with what they make counted in: a few hundred
 * milliseconds under the shard's lock and some ten MB to write at worst. Ordinary flows cost hundreds of units an event.
 */
const TRANSACTION_UNITS = 3_000_000;

/** An event that leaves its identity behind; the others are projections, the same however often they arrive. */
type IdentifiedEvent = InboundEvent & { body: Exclude<InboundEvent['body'], { type: ProjectionType }> };
type ProjectionType = 'conversation.started.v1' | 'conversation.message.v1' | 'conversation.ended.v1';

/**
 * Applies events to their shard, in the order given, inside its transaction: read what they touch, decide each in memory,
 * write everything. When it throws, none of them is applied.
 *
 * @param position stored in the same transaction when given, and when that has all events.
 * @returns one outcome an event, in order; fewer than there are events when the first of them, at least one, have cost as much as
 * a transaction may: the others are the next one's.
 */
export async function applyEvents(
  events: readonly InboundEvent[],
  position: InputPosition | null,
  tx: ShardTransaction,
  { directory, now }: ApplyDependencies,
): Promise<Outcome[]> {
  const identified = events.filter(isIdentified);
  // What does not wait for anything is asked for together: a transaction of one event is mostly trips to the database.
  const [seen, heads] = await together([tx.appliedEvents(identified), tx.heads()]);
  // What was applied before changes nothing, so what it touched need not be read: rows were 15 % of a duplicate's cost.
  const isNew = (event: InboundEvent): boolean => !isIdentified(event) || !seen.has(identityKey(event));
  const fresh = events.filter(isNew);
  const deciding = fresh.filter(isIdentified);
  const [conversations, tasks, tenantAt] = await together([
    tx.conversations(unique(fresh, ({ tenantId, conversationId }) => `${tenantId}\0${conversationId}`)),
    tx.tasks(deciding.flatMap(touchedTasks)),
    directory.at(tx, [...new Set(deciding.map(({ tenantId }) => tenantId))]),
  ]);
  const set = new WorkingSet({ conversations, tasks }, heads);

  const apply = (event: InboundEvent): Outcome => {
    if (!isIdentified(event)) return applyProjection(event, set);
    const key = identityKey(event);
    const known = seen.get(key);
    if (known) return { kind: 'duplicate', samePayload: isSame(known, event.payloadHash) };
    seen.set(key, event.payloadHash);
    return applyIdentified(event, set, tenantAt(event.tenantId));
  };
  const outcomes: Outcome[] = [];
  for (const event of events) {
    if (set.cost > TRANSACTION_UNITS) break;
    outcomes.push(apply(event));
  }

  const stored = outcomes.length === events.length ? position : null;
  await tx.write(set.changes(now(), stored, (tenantId) => tenantAt(tenantId).timePolicy));
  return outcomes;
}

function applyProjection(event: InboundEvent, set: WorkingSet): Outcome {
  set.learn(factsOf(event));
  if (event.body.type === 'conversation.message.v1') set.addMessage(event, event.body.data);
  return { kind: 'applied', tasks: 0, warnings: 0 };
}

function applyIdentified(event: IdentifiedEvent, set: WorkingSet, tenant: Tenant): Outcome {
  const conversation = set.learn(factsOf(event));
  const { body } = event;
  if (body.type === 'conversation.outcome.v1') {
    set.addOutcome(event);
    const created = createFlowTasks({ ...event, body }, conversation, tenant);
    for (const { activity, origin } of created.tasks)
      set.record(activity, { made: { identity: event, origin }, traceparent: event.traceparent });
    set.cost += created.cost;
    set.settle(event, 'applied');
    return { kind: 'applied', tasks: created.tasks.length, warnings: created.warnings };
  }
  const { taskId, rejection } = applyCommand({ ...event, body }, set, tenant);
  if (rejection) {
    set.reject(event, taskId, rejection);
    set.settle(event, 'rejected');
    return { kind: 'rejected', code: rejection.code };
  }
  set.settle(event, 'applied');
  return { kind: 'applied', tasks: body.type === 'task.create.v1' ? 1 : 0, warnings: 0 };
}

/**
 * Decides a command and records what it leads to, whoever gave it and whether or not they wait. What is left of a refusal, and under
 * which identity, is the caller's to say.
 *
 * @returns the task it is about, which for a refused creation is the one it would have made; and why it is refused, if it is.
 */
export function applyCommand(
  event: InboundEvent & { body: TaskCommand },
  set: WorkingSet,
  tenant: Tenant,
): { taskId: string; rejection: Rejection | null } {
  const context = contextOf(event, tenant);
  const taskId = event.body.data.taskId?.toLowerCase() ?? context.derivedTaskId;
  const decision = decide(event.body, set.task(event.tenantId, taskId), context);
  if ('rejection' in decision) return { taskId, rejection: decision.rejection };
  const made = { identity: event, origin: null };
  for (const activity of decision.activities) set.record(activity, { made, traceparent: event.traceparent });
  return { taskId, rejection: null };
}

/** What a decision about this event may know. */
function contextOf(event: InboundEvent, tenant: Tenant): DecisionContext {
  return {
    tenantId: event.tenantId,
    conversationId: event.conversationId,
    channel: event.channel,
    time: event.time,
    cause: causeOf(event),
    derivedTaskId: taskIdOf(event),
    assigneeExists: (assignee) => tenant.assigneeExists(assignee),
    person: (agentId) => tenant.person(agentId),
    resolveDue: (due) => tenant.resolveDue(due, event.time),
  };
}

/** A rebuilt database knows of most identities only that they were applied, not with what: their hashes are empty. */
export function isSame(known: Buffer, hash: Buffer): boolean {
  return known.length === 0 || known.equals(hash);
}

/** Whether an event leaves its identity behind. */
export function isIdentified(event: InboundEvent): event is IdentifiedEvent {
  switch (event.body.type) {
    case 'conversation.started.v1':
    case 'conversation.message.v1':
    case 'conversation.ended.v1':
      return false;
    default:
      return true;
  }
}

function touchedTasks(event: IdentifiedEvent): TaskKey[] {
  const { body } = event;
  return body.type === 'conversation.outcome.v1' ? [] : [touchedTask({ ...event, body })];
}

/** The task that a command is about; of a creation that names none, the one it derives. */
export function touchedTask(event: InboundEvent & { body: TaskCommand }): TaskKey {
  return { tenantId: event.tenantId, taskId: event.body.data.taskId?.toLowerCase() ?? taskIdOf(event) };
}

function unique<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}
