import { type DataSource } from 'typeorm';
import { inTransaction, seeTenants } from '../transaction';
import { type Conditions, type Keyset, keysetColumn, type Order, orderBy, type Page, pageOf } from './keyset';

/** None of what is read here is a shard's. */
export const NO_SHARD = -1;

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

/** Which rows of a table, and from where. */
export interface PageQuery {
  table: string;
  where: Conditions;
  order: Order;
  after: Keyset | null;
  limit: number;
}

/** A page of a tenant's rows, behind a keyset. @throws StoreOutage */
export async function queryPage<Row, T>(
  dataSource: DataSource,
  tenantId: string,
  { table, where, order, after, limit }: PageQuery,
  read: (row: Row) => T,
): Promise<Page<T>> {
  const { sql, parameters } = where.after(after, order);
  const rows = await queryTenant<Row & { keyset: string[] }>(
    dataSource,
    tenantId,
    `select *, ${keysetColumn(order)} from ${table} where ${sql} order by ${orderBy(order)} limit ${limit + 1}`,
    parameters,
  );
  return pageOf(rows, limit, read);
}
