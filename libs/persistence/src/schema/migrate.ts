import { type DataSource } from 'typeorm';
import { type ApplicationRole, ensureRoles } from './roles';

/**
 * Brings the schema and the roles up to this release. Safe to run again, and while workers of the release before run.
 *
 * @param owner connected as the owner.
 * @returns the names of the migrations that ran now.
 */
export async function migrateSchema(owner: DataSource, app: ApplicationRole): Promise<string[]> {
  const ran = await owner.runMigrations();
  await ensureRoles(owner, app);
  await owner.query(`grant select on migrations to "${app.name.replaceAll('"', '""')}"`);
  return ran.map(({ name }) => name);
}

/** Statements that would bring the schema to what the entities say: none, or the two have parted. */
export async function schemaDifferences(owner: DataSource): Promise<string[]> {
  const log = await owner.driver.createSchemaBuilder().log();
  return log.upQueries.map(({ query }) => query);
}
