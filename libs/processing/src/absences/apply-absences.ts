import { absenceOf, type Cause, decideAbsence, type Instant, instantFromMs } from '#libs/domain';
import { type ApplyDependencies } from '../apply-events';
import { type Patience, waitOutOutages } from '../patience';
import { type ShardPorts } from '../process-batch';
import { type ShardTransaction } from '../shard.store';
import { type WorkforceRecord } from '../workforce-change';
import { WorkingSet } from '../working-set';
import { type Claim, type ClaimSource } from './claim.source';

export interface AbsencePorts extends ShardPorts {
  claims: ClaimSource;
}

/** `source` of a cause that is no event but a tombstone of the workforce. */
const TOMBSTONE_SOURCE = '/conversation-tasks/workforce';
/** Claims a transaction, as many as timers. */
const CLAIMS_AT_ONCE = 200;

/** What became known of an agent, when, and by which record. */
interface News {
  time: Instant;
  cause: Cause;
}

/**
 * After changes of the workforce were stored, and before their position is: claims whose holders are gone by them are flagged or given
 * back, in every shard. To be done again after a crash in between; what was said of a claim is known from its task's log.
 *
 * @returns how many activities that made.
 * @throws Interrupted when told to stop while waiting for an outage to end.
 */
export async function applyAbsences(
  records: readonly WorkforceRecord[],
  ports: AbsencePorts,
  patience: Patience,
): Promise<number> {
  const ofAgents = records.filter(({ change }) => change.kind === 'agent');
  if (ofAgents.length === 0) return 0;
  const news = new Map(
    ofAgents.map((record) => [keyOf(record.change.tenantId, record.change.id), newsOf(record)]),
  );
  const agents = ofAgents.map(({ change }) => ({ tenantId: change.tenantId, agentId: change.id }));
  const claims = await waitOutOutages(() => ports.claims.claimsOf(agents), patience);
  let activities = 0;
  for (const [shard, own] of groupByShard(claims)) {
    for (let start = 0; start < own.length; start += CLAIMS_AT_ONCE) {
      const some = own.slice(start, start + CLAIMS_AT_ONCE);
      const tenants = [...new Set(some.map(({ tenantId }) => tenantId))];
      activities += await waitOutOutages(
        () =>
          ports.queue.run(shard, () =>
            ports.store.inShard(shard, tenants, (tx) => applyToClaims(some, news, tx, ports)),
          ),
        patience,
      );
      ports.committed?.(shard);
    }
  }
  return activities;
}

async function applyToClaims(
  claims: readonly Claim[],
  news: ReadonlyMap<string, News>,
  tx: ShardTransaction,
  { directory, now }: ApplyDependencies,
): Promise<number> {
  const tenantAt = await directory.at(tx, [...new Set(claims.map(({ tenantId }) => tenantId))]);
  const set = new WorkingSet({ conversations: [], tasks: await tx.tasks(claims) }, await tx.heads());
  let activities = 0;
  for (const { tenantId, taskId, agentId } of claims) {
    const tenant = tenantAt(tenantId);
    const record = set.taskRecord(tenantId, taskId);
    // Given up, or to somebody else, since it was looked up.
    if (record?.task.claimedBy !== agentId) continue;
    const absence = absenceOf(record, tenant.person(agentId));
    if (absence === null) continue;
    const occasion = news.get(keyOf(tenantId, agentId))!;
    for (const activity of decideAbsence(absence, record, tenant.timePolicy, occasion)) {
      set.record(activity);
      activities += 1;
    }
  }
  if (activities > 0) await tx.write(set.changes(now(), null, (tenantId) => tenantAt(tenantId).timePolicy));
  return activities;
}

function newsOf({ change: { tenantId, id, event }, record }: WorkforceRecord): News {
  const { topic, partition, offset, timestamp } = record;
  const where = { topic, partition, offset: Number(offset) };
  if (event) return { time: event.time, cause: { source: event.source, id: event.id, ...where } };
  const time = instantFromMs(Number(timestamp)) ?? instantFromMs(0)!;
  return { time, cause: { source: TOMBSTONE_SOURCE, id: `${tenantId}/agent:${id}@${offset}`, ...where } };
}

function groupByShard(claims: readonly Claim[]): Map<number, Claim[]> {
  const groups = new Map<number, Claim[]>();
  for (const claim of claims) groups.set(claim.shard, [...(groups.get(claim.shard) ?? []), claim]);
  return groups;
}

const keyOf = (tenantId: string, agentId: string): string => `${tenantId}\0${agentId}`;
