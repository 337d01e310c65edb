import { type DataSource } from 'typeorm';
import { type InputPosition, ShardTransactions, type ShardWork, together } from '#libs/processing';
import { writePositions } from './input-position.writer';
import { PostgresShardTransaction } from './shard.transaction';
import { SharedStatements } from './shared.statements';
import { TENANTS_SETTING } from './schema/roles';
import { inTransaction } from './transaction';

/** First key of the advisory locks that guard shards; the second is the shard. Any number, so long as nothing else here uses it. */
export const SHARD_LOCKS = 0x7a5c;

/** `ShardTransactions` on PostgreSQL, as the application's role. */
export class PostgresShardStore extends ShardTransactions {
  /** @param onLocked told how long the shards' locks were waited for, in milliseconds. Must not throw. */
  constructor(
    private readonly dataSource: DataSource,
    private readonly onLocked: (waitedMs: number) => void = () => undefined,
  ) {
    super();
  }

  async inShards(works: readonly ShardWork[]): Promise<unknown[]> {
    // In one order, whoever asks: so nobody waits in a circle.
    const shards = works.map(({ shard }) => shard).sort((a, b) => a - b);
    const tenantIds = [...new Set(works.flatMap((work) => work.tenantIds))];
    return inTransaction(this.dataSource, async (manager) => {
      // Lock and reads must be statements apart: a statement's snapshot is taken before it waits for the lock, so one that
      // did both would see the shard as it was before the last holder's commit.
      const asked = performance.now();
      await manager.query(
        `select pg_advisory_xact_lock($1, shard), set_config('${TENANTS_SETTING}', $3::text[]::text, true)
           from unnest($2::int[]) as shard`,
        [SHARD_LOCKS, shards, tenantIds],
      );
      this.onLocked(performance.now() - asked);
      const shared = new SharedStatements(manager);
      return together(works.map(({ shard, work }) => work(new PostgresShardTransaction(shared, shard))));
    });
  }

  async storePosition(position: InputPosition): Promise<void> {
    await inTransaction(this.dataSource, (manager) => writePositions(manager, [position]));
  }
}
