import { type AvailableSettings, readAvailableSettings } from '#libs/settings';
import { CliError, EXIT } from './cli.error';
import { stackEnvironment } from './stack/stack-file';

const REMEDY = "Start the stack with 'npm start', or set KAFKA_BROKERS and DATABASE_URL";

/**
 * The environment's settings; where brokers or database are not set, those of a running `npm start` in this folder.
 *
 * @throws SettingsError for a variable that is set and bad.
 */
export function cliSettings(env: NodeJS.ProcessEnv = process.env): AvailableSettings {
  const given = readAvailableSettings(env);
  if (given.kafkaBrokers && given.databaseUrl) return given;
  return readAvailableSettings({ ...stackEnvironment(), ...withoutEmpty(env) });
}

/** @throws CliError when no broker is known. */
export function brokersOf({ kafkaBrokers }: AvailableSettings): string[] {
  if (kafkaBrokers) return kafkaBrokers;
  throw new CliError('KAFKA_BROKERS is not set and no stack runs here', REMEDY, EXIT.usage);
}

/** @throws CliError when no database is known. */
export function databaseUrlOf({ databaseUrl }: AvailableSettings): string {
  if (databaseUrl) return databaseUrl;
  throw new CliError('DATABASE_URL is not set and no stack runs here', REMEDY, EXIT.usage);
}

/** @throws CliError when no owner is known. */
export function ownerUrlOf({ migrateDatabaseUrl }: AvailableSettings): string {
  if (migrateDatabaseUrl) return migrateDatabaseUrl;
  throw new CliError(
    'MIGRATE_DATABASE_URL is not set',
    'Set it to the same database as DATABASE_URL, as a role that may own tables and create roles',
    EXIT.usage,
  );
}

function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
}
