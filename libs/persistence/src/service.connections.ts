import { type DataSource } from 'typeorm';
import { type DatabaseSettings, dataSourceOptions } from './data-source';
import { operatorRoleOf } from './schema/roles';
import { checkDatabase } from './start-up.checks';
import { isWorthRetrying } from './store.errors';

/** The name of the connection under the operator's role, which sees every tenant. */
export const OPERATOR = 'operator';

/** The options of a connection whose process waits for its database as long as it takes; what no waiting cures is thrown. For Nest's TypeOrmModule. */
export function applicationConnection(settings: DatabaseSettings) {
  return {
    ...dataSourceOptions(settings),
    retryAttempts: Number.MAX_SAFE_INTEGER,
    retryDelay: 1_000,
    toRetry: isWorthRetrying,
  };
}

/**
 * The options of the connection under the operator's role. The check comes before anything takes that role, which a database that is
 * not migrated does not have.
 *
 * @param application connected as the application's role.
 * @throws UnfitDatabase with the remedy.
 */
export async function operatorConnection(
  application: DataSource,
  { url, poolSize }: { url: string; poolSize: number },
) {
  await checkDatabase(application);
  const role = operatorRoleOf(decodeURIComponent(new URL(url).username));
  return { ...applicationConnection({ url, poolSize, role }), name: OPERATOR };
}
