import { type ClientBase } from 'pg';
import { type DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { StoreOutage } from '#libs/processing';
import { TENANTS_SETTING } from './schema/roles';
import { asStoreError } from './store.errors';

/**
 * Runs `work` in a transaction of its own; commits when it resolves.
 *
 * @param isolation the server's default, READ COMMITTED, unless given.
 * @throws StoreOutage, StoreConflict as `ShardStore` says; anything else as it is.
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
  isolation?: 'REPEATABLE READ',
): Promise<T> {
  return withRunner(dataSource, ({ manager }) =>
    isolation ? manager.transaction(isolation, work) : manager.transaction(work),
  );
}

/** Lends one of the pool's connections, as the driver has it. @throws as `inTransaction`. */
export async function withConnection<T>(
  dataSource: DataSource,
  work: (connection: ClientBase) => Promise<T>,
): Promise<T> {
  return withRunner(dataSource, (_runner, connection) => work(connection));
}

async function withRunner<T>(
  dataSource: DataSource,
  work: (runner: QueryRunner, connection: ClientBase) => Promise<T>,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    return await work(runner, await connect(runner));
  } catch (error) {
    throw asStoreError(error);
  } finally {
    await runner.release();
  }
}

/** Runs one statement outside any transaction. @throws as `inTransaction`. */
export async function queryRows<Row>(
  dataSource: DataSource,
  sql: string,
  parameters: unknown[] = [],
): Promise<Row[]> {
  try {
    return await dataSource.query(sql, parameters);
  } catch (error) {
    throw asStoreError(error);
  }
}

/** From here to its end, the transaction sees and writes these tenants' rows and no others (invariant 8). */
export async function seeTenants(
  manager: { query(sql: string, parameters: unknown[]): Promise<unknown> },
  tenantIds: readonly string[],
): Promise<void> {
  await manager.query(`select set_config('${TENANTS_SETTING}', $1::text[]::text, true)`, [tenantIds]);
}

/** Whatever keeps a connection from being had is an outage, be it the network's, the name service's or TLS's. */
async function connect(runner: QueryRunner): Promise<ClientBase> {
  try {
    return (await runner.connect()) as ClientBase;
  } catch (error) {
    throw new StoreOutage(`no connection to the database: ${(error as Error).message}`, { cause: error });
  }
}
