import { type DataSource } from 'typeorm';
import { inTransaction, seeTenants } from '../transaction';

/** Runs one statement that sees one tenant. @throws StoreOutage */
export async function queryTenant<Row>(
  dataSource: DataSource,
  tenantId: string,
  sql: string,
  parameters: readonly unknown[],
): Promise<Row[]> {
  return inTransaction(dataSource, async (manager) => {
    await seeTenants(manager, [tenantId]);
    return manager.query<Row[]>(sql, [...parameters]);
  });
}
