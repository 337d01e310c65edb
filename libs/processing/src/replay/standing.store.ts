import { type Actor, type EventIdentity, type Instant } from '#libs/domain';
import { type ShardTransaction, type StoredMessage } from '../shard.store';

/** Port: shards as they stand, for who must not change them. Implemented in persistence. */
export interface StandingStore {
  /**
   * Runs `work` on one moment's view of a shard that sees the given tenants only. It takes no lock, so it is in nobody's way, and
   * the store itself refuses to write.
   *
   * @throws StoreOutage when the database could not be reached or cannot serve now.
   */
  asItStands<T>(shard: number, tenantIds: string[], work: (standing: Standing) => Promise<T>): Promise<T>;
}

/** All that applying reads, and what tells whether something that comes again says the same. */
export interface Standing extends Omit<ShardTransaction, 'write'> {
  messages(keys: readonly MessageKey[]): Promise<StoredMessage[]>;
  /** What was made of events that were applied before, by identity key, as far as it can still be said. */
  made(events: readonly EventIdentity[]): Promise<Map<string, Made>>;
}

export type MessageKey = Pick<StoredMessage, 'tenantId' | 'conversationId' | 'messageId'>;

/** What stands of an event that was applied before. */
export interface Made {
  type: string;
  conversationId: string;
  /** Of an outcome, and of a command that was refused: what it said, as it came. Of a creation: what became of it. */
  content:
    | { of: 'outcome' | 'rejection'; time: Instant; data: unknown }
    | { of: 'creation'; time: Instant; taskId: string; actor: Actor; fields: Record<string, unknown> }
    | { of: 'unknown' };
}
