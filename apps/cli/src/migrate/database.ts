import { type DataSource } from 'typeorm';
import { checkDatabase, migrateSchema } from '#libs/persistence';
import { CliError } from '../cli.error';
import { databaseNameOf, roleOf, withDataSource } from '../connections';

const NO_SUCH_DATABASE = '3D000';
const ALREADY_THERE = new Set(['42P04', '23505']);
const NOT_ALLOWED = '42501';

/** Makes the database that the owner's URL names where it is missing. @returns whether it was made now. */
export async function ensureDatabase(ownerUrl: string): Promise<boolean> {
  try {
    await withDataSource({ url: ownerUrl }, () => Promise.resolve());
    return false;
  } catch (error) {
    if (codeOf(error) !== NO_SUCH_DATABASE) throw error;
  }
  const maintenance = new URL(ownerUrl);
  maintenance.pathname = '/postgres';
  const name = databaseNameOf(ownerUrl);
  try {
    await withDataSource({ url: maintenance.href }, (db) => db.query(`create database ${quoted(name)}`));
    return true;
  } catch (error) {
    // Another `migrate` was faster.
    if (ALREADY_THERE.has(codeOf(error))) return false;
    if (codeOf(error) !== NOT_ALLOWED) throw error;
    throw new CliError(
      `the database ${name} does not exist, and MIGRATE_DATABASE_URL's role may not make it`,
      `Have an administrator run: create database ${quoted(name)} owner ${quoted(roleOf(ownerUrl).name)}`,
    );
  }
}

/**
 * Brings schema and roles up to this release, and proves that the application can work with them.
 *
 * @returns the migrations that ran now.
 * @throws CliError when the application's role cannot log in or is not one that row-level security binds.
 */
export async function ensureSchema(owner: DataSource, applicationUrl: string): Promise<string[]> {
  const role = roleOf(applicationUrl);
  if (role.name === roleOf((owner.options as { url: string }).url).name) {
    throw new CliError(
      `DATABASE_URL and MIGRATE_DATABASE_URL name the same role`,
      'Give DATABASE_URL a role of its own; migrate makes it: row-level security does not bind an owner',
    );
  }
  const ran = await migrateSchema(owner, role);
  try {
    await withDataSource({ url: applicationUrl }, checkDatabase);
  } catch (error) {
    if (!codeOf(error).startsWith('28')) throw error;
    throw new CliError(
      `the role ${role.name} is there, but cannot log in with DATABASE_URL's password`,
      `Set the right password in DATABASE_URL, or give the role this one: alter role ${quoted(role.name)} login password '…'`,
    );
  }
  return ran;
}

function codeOf(error: unknown): string {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  return String(code ?? driverError?.code ?? '');
}

const quoted = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;
