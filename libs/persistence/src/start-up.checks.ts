import { type DataSource } from 'typeorm';
import { TENANT_TABLES } from './schema/tables';

/** The database is not as the application needs it. The message says what to do. */
export class UnfitDatabase extends Error {
  override readonly name = 'UnfitDatabase';
}

/**
 * Refuses a database that is not migrated, or a role that row-level security does not bind: a superuser, one with BYPASSRLS, the
 * owner of a table (invariant 8).
 *
 * @throws UnfitDatabase with the remedy.
 */
export async function checkDatabase(dataSource: DataSource): Promise<void> {
  const pending = await pendingMigrations(dataSource);
  if (pending.length > 0) {
    throw new UnfitDatabase(`the database lacks migration ${pending[0]}: run 'npm run cli -- migrate' first`);
  }
  const [role] = await dataSource.query<
    { name: string; super: boolean; bypass: boolean; owned: string | null }[]
  >(
    `select rolname as name, rolsuper as super, rolbypassrls as bypass,
            (select min(c.relname) from pg_class c where c.relname = any ($1) and pg_has_role(c.relowner, 'usage')
               and c.relnamespace = 'public'::regnamespace) as owned
       from pg_roles where rolname = current_user`,
    [[...TENANT_TABLES]],
  );
  if (!role) throw new UnfitDatabase('the current role cannot be looked up');
  const unfit = role.super
    ? 'is a superuser'
    : role.bypass
      ? 'has BYPASSRLS'
      : role.owned !== null
        ? `owns the table ${role.owned}`
        : null;
  if (unfit) {
    throw new UnfitDatabase(
      `DATABASE_URL's role '${role.name}' ${unfit}, so row-level security would not hold: give DATABASE_URL a plain role ` +
        `('migrate' makes it) and keep the owner for MIGRATE_DATABASE_URL`,
    );
  }
}

/** Names of migrations of this release that the database does not have. */
async function pendingMigrations(dataSource: DataSource): Promise<string[]> {
  const [table] = await dataSource.query<{ found: boolean }[]>(
    `select to_regclass('public.migrations') is not null as found`,
  );
  const done = table?.found ? await dataSource.query<{ name: string }[]>(`select name from migrations`) : [];
  const names = new Set(done.map(({ name }) => name));
  return dataSource.migrations
    .map((migration) => migration.name ?? migration.constructor.name)
    .filter((name) => !names.has(name));
}
