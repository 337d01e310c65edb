import { type DataSource } from 'typeorm';
import { type ShardTransaction } from '#libs/processing';
import { PostgresShardTransaction } from '../shard.transaction';
import { inTransaction, seeTenants } from '../transaction';

/** Reads a tenant's people and flows for those who look at them, outside any shard's transaction. */
export class TenantReader {
  constructor(private readonly dataSource: DataSource) {}

  async read<T>(
    tenantId: string,
    work: (reads: Pick<ShardTransaction, 'revisions' | 'workforce' | 'flows'>) => Promise<T>,
  ): Promise<T> {
    return inTransaction(this.dataSource, async (manager) => {
      await seeTenants(manager, [tenantId]);
      return work(new PostgresShardTransaction(manager, NO_SHARD));
    });
  }
}

/** None of what is read here is a shard's. */
const NO_SHARD = -1;
