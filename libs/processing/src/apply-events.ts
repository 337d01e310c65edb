import {
  decide,
  type DecisionContext,
  identityKey,
  type Instant,
  LATER_COMMANDS,
  taskIdOf,
} from '#libs/domain';
import { causeOf } from './cause';
import { factsOf } from './conversation-facts';
import { createFlowTasks } from './flow-tasks';
import { type InboundEvent } from './inbound-event';
import { type InputPosition } from './input-position';
import { type Outcome } from './outcome';
import { type ShardTransaction } from './shard.store';
import { type Tenant, type TenantDirectory } from './tenant-directory';
import { WorkingSet } from './working-set';

export interface ApplyDependencies {
  directory: TenantDirectory;
  /** The wall clock, for `recordedAt` alone: everything else follows the event's time (invariant 6). */
  now(): Instant;
}

/** An event that leaves its identity behind; the others are projections, the same however often they arrive. */
type IdentifiedEvent = InboundEvent & { body: Exclude<InboundEvent['body'], { type: ProjectionType }> };
type ProjectionType = 'conversation.started.v1' | 'conversation.message.v1' | 'conversation.ended.v1';

/**
 * Applies events to their shard, in the order given, inside its transaction: read what they touch, decide each in memory,
 * write everything. All of them or, when it throws, none.
 *
 * @param position stored in the same transaction when given.
 * @returns one outcome an event, in order.
 */
export async function applyEvents(
  events: readonly InboundEvent[],
  position: InputPosition | null,
  tx: ShardTransaction,
  { directory, now }: ApplyDependencies,
): Promise<Outcome[]> {
  const identified = events.filter(isIdentified);
  const seen = await tx.appliedEvents(identified);
  const unsupported = await tx.unsupportedEvents(identified.filter(isLaterCommand));
  const conversations = await tx.conversations(
    unique(events, ({ tenantId, conversationId }) => `${tenantId}\0${conversationId}`),
  );
  const tasks = await tx.tasks(identified.flatMap(touchedTasks));
  const tenantAt = await directory.at(tx, [...new Set(identified.map(({ tenantId }) => tenantId))]);
  const set = new WorkingSet({ conversations, tasks }, await tx.heads());

  const outcomes = events.map((event): Outcome => {
    if (!isIdentified(event)) return applyProjection(event, set);
    const key = identityKey(event);
    const known = seen.get(key);
    if (known) return { kind: 'duplicate', samePayload: known.equals(event.payloadHash) };
    if (unsupported.has(key)) return { kind: 'duplicate', samePayload: true };
    const outcome = applyIdentified(event, set, tenantAt(event.tenantId));
    // What is not supported is not stored, so that it may be sent again; within this batch it is still answered once.
    if (outcome.kind === 'rejected' && outcome.code === 'not_supported') unsupported.add(key);
    else seen.set(key, event.payloadHash);
    return outcome;
  });

  await tx.write(set.changes(now(), position));
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
    for (const { activity, origin } of created.tasks) set.record(activity, event, origin, event.traceparent);
    set.settle(event, 'applied');
    return { kind: 'applied', tasks: created.tasks.length, warnings: created.warnings };
  }
  const context = contextOf(event, tenant);
  const taskId = body.data.taskId?.toLowerCase() ?? context.derivedTaskId;
  const decision = decide(body, set.task(event.tenantId, taskId), context);
  if ('rejection' in decision) {
    set.reject(event, taskId, decision.rejection);
    if (decision.rejection.code !== 'not_supported') set.settle(event, 'rejected');
    return { kind: 'rejected', code: decision.rejection.code };
  }
  for (const activity of decision.activities) set.record(activity, event, null, event.traceparent);
  set.settle(event, 'applied');
  return { kind: 'applied', tasks: decision.activities.length, warnings: 0 };
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
    resolveDue: (due) => tenant.resolveDue(due, event.time),
  };
}

function isIdentified(event: InboundEvent): event is IdentifiedEvent {
  switch (event.body.type) {
    case 'conversation.started.v1':
    case 'conversation.message.v1':
    case 'conversation.ended.v1':
      return false;
    default:
      return true;
  }
}

function isLaterCommand({ body }: IdentifiedEvent): boolean {
  return (LATER_COMMANDS as readonly string[]).includes(body.type);
}

function touchedTasks(event: IdentifiedEvent): { tenantId: string; taskId: string }[] {
  if (event.body.type !== 'task.create.v1') return [];
  return [{ tenantId: event.tenantId, taskId: event.body.data.taskId?.toLowerCase() ?? taskIdOf(event) }];
}

function unique<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}
