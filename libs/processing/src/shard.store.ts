import {
  type Conversation,
  type EventIdentity,
  type FlowOrigin,
  type Instant,
  type RecordedActivity,
  type Rejection,
  type Task,
  type TaskRecord,
} from '#libs/domain';
import { type InboundEvent } from './inbound-event';
import { type InputPosition } from './input-position';

/** One transaction in one shard. */
export interface ShardStore {
  /**
   * Runs `work` in a transaction that holds the shard's lock and sees the given tenants only; commits when it resolves.
   *
   * @param size how much it is, in events, where it may share its transaction with other shards' work (`SharedTransactions`): such
   * work must bear being done again. Without it, the transaction is its own.
   * @throws StoreOutage when the database could not be reached or cannot serve now: wait and try again.
   * @throws StoreConflict when another transaction took a unique key meanwhile: read and decide again.
   * @throws anything else as it is, after rolling back: some event's fault.
   */
  inShard<T>(
    shard: number,
    tenantIds: string[],
    work: (tx: ShardTransaction) => Promise<T>,
    size?: number,
  ): Promise<T>;

  /** Stores a position outside any shard's transaction, after what it covers is safe. */
  storePosition(position: InputPosition): Promise<void>;
}

/** What is to be done in one shard. */
export interface ShardWork {
  shard: number;
  tenantIds: string[];
  work(tx: ShardTransaction): Promise<unknown>;
}

/** Port: one transaction, in one shard or several. Implemented in persistence. */
export abstract class ShardTransactions implements ShardStore {
  /**
   * Runs all works side by side in one transaction that holds their shards' locks and sees their tenants only; commits when all
   * have resolved. What they ask and write at the same moment goes to the database together.
   *
   * @param works of a shard each.
   * @returns what each gave.
   * @throws as `ShardStore.inShard`, whichever failed first, after all have ended; nothing of any is stored then.
   */
  abstract inShards(works: readonly ShardWork[]): Promise<unknown[]>;

  abstract storePosition(position: InputPosition): Promise<void>;

  async inShard<T>(
    shard: number,
    tenantIds: string[],
    work: (tx: ShardTransaction) => Promise<T>,
  ): Promise<T> {
    const [result] = await this.inShards([{ shard, tenantIds, work }]);
    return result as T;
  }
}

export interface ShardTransaction {
  /** Which of these were applied before: identity key → payload hash. */
  appliedEvents(events: readonly EventIdentity[]): Promise<Map<string, Buffer>>;
  /** The tasks that these were answered with, as they then were, by identity key; without those nobody waited for. */
  answers(events: readonly EventIdentity[]): Promise<Map<string, Task>>;
  conversations(ids: readonly { tenantId: string; conversationId: string }[]): Promise<Conversation[]>;
  tasks(ids: readonly TaskKey[]): Promise<TaskRecord[]>;
  /** The last positions of the shard's two logs. */
  heads(): Promise<LogHeads>;
  /** What each tenant's people and flows are at; a tenant with neither is absent. */
  revisions(tenantIds: readonly string[]): Promise<Map<string, TenantRevision>>;
  workforce(tenantId: string): Promise<WorkforceEntry[]>;
  /** The live version of each flow, in the order of their ids. */
  flows(tenantId: string): Promise<StoredFlow[]>;
  /** Writes everything, one multi-row statement a table. */
  write(changes: ShardChanges): Promise<void>;
}

export interface LogHeads {
  activity: number;
  rejection: number;
}

export interface TenantRevision {
  workforce: number;
  flows: number;
}

export interface WorkforceEntry {
  kind: 'agent' | 'team' | 'calendar' | 'policy';
  id: string;
  body: Record<string, unknown>;
}

export interface StoredFlow {
  id: string;
  version: number;
  definition: unknown;
}

export interface StoredMessage {
  tenantId: string;
  conversationId: string;
  messageId: string;
  from: { kind: 'customer' | 'agent' | 'ai_agent'; id: string };
  text: string;
  sentAt: Instant;
}

/** Which task: ids are unique within a tenant. */
export interface TaskKey {
  tenantId: string;
  taskId: string;
}

/** A task as it was at one of its versions. */
export interface AnswerKey {
  taskId: string;
  version: number;
}

/** A task as it is stored: with the moment of its first timer, null when it has none. */
export interface ScheduledTask extends TaskRecord {
  timerAt: Instant | null;
}

/** A new task, with the key that lets one event create it once only (invariant 1). */
export interface CreatedTask extends ScheduledTask {
  identity: EventIdentity;
  origin: FlowOrigin | null;
}

export interface LoggedActivity extends RecordedActivity {
  position: number;
  traceparent?: string;
}

export interface LoggedRejection extends Rejection {
  position: number;
  /** The task the command was about; for a creation, the one it would have made. */
  taskId: string;
  event: InboundEvent;
}

/** Everything one transaction writes. */
export interface ShardChanges {
  conversations: Conversation[];
  messages: StoredMessage[];
  /** Outcome events, kept whole: flows are tried out on them. */
  outcomes: InboundEvent[];
  applied: { event: InboundEvent; became: 'applied' | 'rejected'; answer: AnswerKey | null }[];
  /** As they are after all of it. */
  tasks: CreatedTask[];
  /** Tasks that were there before and changed, as they are after all of it. */
  changedTasks: ScheduledTask[];
  activities: LoggedActivity[];
  rejections: LoggedRejection[];
  heads: LogHeads;
  recordedAt: Instant;
  position: InputPosition | null;
}

/** The database cannot serve now. Nothing is counted, nothing dead-lettered: the caller waits (invariant 5). */
export class StoreOutage extends Error {
  override readonly name = 'StoreOutage';
}

/** The same of the broker, which does not take dead letters now. */
export class BrokerOutage extends StoreOutage {}

/** The database refused what was to be written: some event's fault. The message has no value that was refused. */
export class StoreRefusal extends Error {
  override readonly name = 'StoreRefusal';
}

/** A unique key was taken by a transaction that committed meanwhile. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict';
}
