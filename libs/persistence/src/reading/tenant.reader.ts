import { type DataSource } from 'typeorm';
import { type ShardTransaction, type TenantSource } from '#libs/processing';
import { PostgresShardTransaction } from '../shard.transaction';
import { SharedStatements } from '../shared.statements';
import { inTransaction, seeTenants } from '../transaction';
import { NO_SHARD } from './tenant.query';

/** Reads a tenant's people and flows for those who look at them, outside any shard's transaction. */
export class TenantReader implements TenantSource {
  constructor(private readonly dataSource: DataSource) {}

  async read<T>(
    tenantId: string,
    work: (reads: Pick<ShardTransaction, 'revisions' | 'workforce' | 'flows'>) => Promise<T>,
  ): Promise<T> {
    return inTransaction(this.dataSource, async (manager) => {
      await seeTenants(manager, [tenantId]);
      return work(new PostgresShardTransaction(new SharedStatements(manager), NO_SHARD));
    });
  }
}
