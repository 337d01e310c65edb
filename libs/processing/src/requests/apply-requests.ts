import { decide, identityKey, taskIdOf } from '#libs/domain';
import { type ApplyDependencies, contextOf, isSame } from '../apply-events';
import { factsOf } from '../conversation-facts';
import { type ShardTransaction } from '../shard.store';
import { type Tenant } from '../tenant-directory';
import { WorkingSet } from '../working-set';
import { type Answer, type TaskRequest } from './request';

/**
 * Applies requests to their shard, in the order given, inside its transaction: as `applyEvents` does, with the same rules, the same
 * log and the same identities, and with an answer to each. When it throws, none of them is applied.
 */
export async function applyRequests(
  requests: readonly TaskRequest[],
  tx: ShardTransaction,
  { directory, now }: ApplyDependencies,
): Promise<Answer[]> {
  const events = requests.map(({ event }) => event);
  const seen = await tx.appliedEvents(events);
  const given = new Map<string, Answer>();
  for (const [key, task] of await tx.answers(events.filter((event) => seen.has(identityKey(event)))))
    given.set(key, { kind: 'done', task, repeated: true });
  const conversations = await tx.conversations(
    events.map(({ tenantId, conversationId }) => ({ tenantId, conversationId })),
  );
  const tasks = await tx.tasks(
    events.map((event) => ({ tenantId: event.tenantId, taskId: taskIdFor(event) })),
  );
  const tenantAt = await directory.at(tx, [...new Set(events.map(({ tenantId }) => tenantId))]);
  const set = new WorkingSet({ conversations, tasks }, await tx.heads());

  const answers = requests.map((request): Answer => {
    const { event } = request;
    const key = identityKey(event);
    const known = seen.get(key);
    // Without an answer it was an event's: nobody's request.
    if (known) return (isSame(known, event.payloadHash) && given.get(key)) || { kind: 'other_payload' };
    const answer = decideRequest(request, set, tenantAt(event.tenantId));
    if (answer.kind !== 'done') return answer;
    seen.set(key, event.payloadHash);
    given.set(key, { ...answer, repeated: true });
    return answer;
  });

  await tx.write(set.changes(now(), null, (tenantId) => tenantAt(tenantId).timePolicy));
  return answers;
}

function decideRequest(request: TaskRequest, set: WorkingSet, tenant: Tenant): Answer {
  const { event } = request;
  const { tenantId, body } = event;
  if (request.conversation !== null) {
    const conversation = set.conversation(tenantId, event.conversationId);
    if (!conversation) return { kind: 'conversation_unknown' };
    const { endedAt } = conversation;
    if (request.conversation === 'active' && endedAt !== null) return { kind: 'conversation_ended', endedAt };
  }
  const taskId = taskIdFor(event);
  const before = set.task(tenantId, taskId);
  const decision = decide(body, before, contextOf(event, tenant));
  if ('rejection' in decision) return { kind: 'rejected', rejection: decision.rejection, task: before };
  if (body.type === 'task.create.v1') set.learn(factsOf(event));
  const { traceparent } = event;
  const made = { identity: event, origin: null };
  for (const activity of decision.activities) set.record(activity, { made, traceparent });
  const task = set.task(tenantId, taskId)!;
  set.settle(event, 'applied', { taskId, version: task.version });
  return { kind: 'done', task, repeated: false };
}

const taskIdFor = (event: TaskRequest['event']): string =>
  event.body.data.taskId?.toLowerCase() ?? taskIdOf(event);
