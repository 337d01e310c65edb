import { identityKey } from '#libs/domain';
import { applyCommand, type ApplyDependencies, isSame, touchedTask } from '../apply-events';
import { factsOf } from '../conversation-facts';
import { type ShardTransaction } from '../shard.store';
import { type Tenant } from '../tenant-directory';
import { together } from '../together';
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
  const [seen, conversations, tasks, tenantAt, heads] = await together([
    tx.appliedEvents(events),
    tx.conversations(events.map(({ tenantId, conversationId }) => ({ tenantId, conversationId }))),
    tx.tasks(events.map(touchedTask)),
    directory.at(tx, [...new Set(events.map(({ tenantId }) => tenantId))]),
    tx.heads(),
  ]);
  const given = new Map<string, Answer>();
  for (const [key, task] of await tx.answers(events.filter((event) => seen.has(identityKey(event)))))
    given.set(key, { kind: 'done', task, repeated: true });
  const set = new WorkingSet({ conversations, tasks }, heads);

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
  const { taskId, rejection } = applyCommand(event, set, tenant);
  const task = set.task(tenantId, taskId);
  if (rejection) return { kind: 'rejected', rejection, task };
  if (body.type === 'task.create.v1') set.learn(factsOf(event));
  set.settle(event, 'applied', { taskId, version: task!.version });
  return { kind: 'done', task: task!, repeated: false };
}
