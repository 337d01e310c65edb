import { type DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { type InputPosition, type ShardStore, type ShardTransaction, StoreOutage } from '#libs/processing';
import { asStoreError } from './store.errors';
import { PostgresShardTransaction, writePosition } from './shard.transaction';
import { TENANTS_SETTING } from './schema/roles';

/** First key of the advisory locks that guard shards; the second is the shard. Any number, so long as nothing else here uses it. */
const SHARD_LOCKS = 0x7a5c;

/** `ShardStore` on PostgreSQL, as the application's role. */
export class PostgresShardStore implements ShardStore {
  constructor(private readonly dataSource: DataSource) {}

  async inShard<T>(
    shard: number,
    tenantIds: string[],
    work: (tx: ShardTransaction) => Promise<T>,
  ): Promise<T> {
    return this.#transaction(async (manager) => {
      // Lock and reads must be statements apart: a statement's snapshot is taken before it waits for the lock, so one that
      // did both would see the shard as it was before the last holder's commit.
      await manager.query(
        `select pg_advisory_xact_lock($1, $2), set_config('${TENANTS_SETTING}', $3::text[]::text, true)`,
        [SHARD_LOCKS, shard, tenantIds],
      );
      return work(new PostgresShardTransaction(manager, shard));
    });
  }

  async storePosition(position: InputPosition): Promise<void> {
    await this.#transaction((manager) => writePosition(manager, position));
  }

  async #transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await connect(runner);
      return await runner.manager.transaction(work);
    } catch (error) {
      throw asStoreError(error);
    } finally {
      await runner.release();
    }
  }
}

/** Whatever keeps a connection from being had is an outage, be it the network's, the name service's or TLS's. */
async function connect(runner: QueryRunner): Promise<void> {
  try {
    await runner.connect();
  } catch (error) {
    throw new StoreOutage(`no connection to the database: ${(error as Error).message}`, { cause: error });
  }
}
