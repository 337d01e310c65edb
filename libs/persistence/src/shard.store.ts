import { type DataSource } from 'typeorm';
import { type InputPosition, type ShardStore, type ShardTransaction } from '#libs/processing';
import { writePosition } from './input-position.writer';
import { PostgresShardTransaction } from './shard.transaction';
import { TENANTS_SETTING } from './schema/roles';
import { inTransaction } from './transaction';

/** First key of the advisory locks that guard shards; the second is the shard. Any number, so long as nothing else here uses it. */
export const SHARD_LOCKS = 0x7a5c;

/** `ShardStore` on PostgreSQL, as the application's role. */
export class PostgresShardStore implements ShardStore {
  /** @param onLocked told how long the shard's lock was waited for, in milliseconds. Must not throw. */
  constructor(
    private readonly dataSource: DataSource,
    private readonly onLocked: (waitedMs: number) => void = () => undefined,
  ) {}

  async inShard<T>(
    shard: number,
    tenantIds: string[],
    work: (tx: ShardTransaction) => Promise<T>,
  ): Promise<T> {
    return inTransaction(this.dataSource, async (manager) => {
      // Lock and reads must be statements apart: a statement's snapshot is taken before it waits for the lock, so one that
      // did both would see the shard as it was before the last holder's commit.
      const asked = performance.now();
      await manager.query(
        `select pg_advisory_xact_lock($1, $2), set_config('${TENANTS_SETTING}', $3::text[]::text, true)`,
        [SHARD_LOCKS, shard, tenantIds],
      );
      this.onLocked(performance.now() - asked);
      return work(new PostgresShardTransaction(manager, shard));
    });
  }

  async storePosition(position: InputPosition): Promise<void> {
    await inTransaction(this.dataSource, (manager) => writePosition(manager, position));
  }
}
