import { type Conversation } from '#libs/domain';
import { type ConversationOutcome, type InboundEvent } from '../inbound-event';
import { type ShardTransaction } from '../shard.store';

/** An outcome that was applied, as it was kept, and its conversation as it is known now. */
export interface StoredOutcome {
  event: Pick<InboundEvent, 'tenantId' | 'source' | 'id' | 'conversationId' | 'channel' | 'time'> & {
    body: ConversationOutcome;
  };
  conversation: Conversation;
}

/** Port: the outcomes of a tenant. Implemented in persistence. */
export interface OutcomeSource {
  /** How many there are that happened at a moment or later; counted no further than to `most`. @throws StoreOutage */
  count(tenantId: string, since: string | null, most: number): Promise<number>;
  /** They, the latest first. Read a page at a time, so that few are in memory. @throws StoreOutage */
  latestFirst(tenantId: string, since: string | null): AsyncIterable<StoredOutcome>;
}

/** Port: a tenant's people and flows. Implemented in persistence. */
export interface TenantSource {
  /** @throws StoreOutage */
  read<T>(
    tenantId: string,
    work: (reads: Pick<ShardTransaction, 'revisions' | 'workforce' | 'flows'>) => Promise<T>,
  ): Promise<T>;
}
