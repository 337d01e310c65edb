import { type DataSource } from 'typeorm';
import { withConnection } from '../transaction';
import { type Conditions, type Keyset, keysetColumn, type Order, orderBy, type Page, pageOf } from './keyset';
import { TenantStatement } from './tenant.statement';

/** None of what is read here is a shard's. */
export const NO_SHARD = -1;

/** Runs one statement that sees one tenant; it has at least one parameter. @throws StoreOutage */
export async function queryTenant<Row>(
  dataSource: DataSource,
  tenantId: string,
  sql: string,
  parameters: readonly unknown[],
): Promise<Row[]> {
  return withConnection(
    dataSource,
    (connection) =>
      new Promise<Row[]>((resolve, reject) => {
        const done = (error: Error | undefined, result: { rows: unknown[] }): void =>
          error ? reject(error) : resolve(result.rows as Row[]);
        connection.query(new TenantStatement(tenantId, sql, parameters, done));
      }),
  );
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
