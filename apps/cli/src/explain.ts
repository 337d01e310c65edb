import { SettingsError } from '#libs/settings';
import { CliError, EXIT } from './cli.error';

interface CodedError {
  code?: unknown;
  name?: unknown;
  type?: unknown;
  cause?: unknown;
  errors?: unknown;
}

/** What PostgreSQL's codes, and those of broken connections, mean to whoever runs a command. */
const POSTGRES: Record<string, string> = {
  '28P01': "PostgreSQL refused the role's password: check DATABASE_URL and MIGRATE_DATABASE_URL",
  '28000': 'PostgreSQL refused the role: check DATABASE_URL and MIGRATE_DATABASE_URL',
  '3D000': "the database does not exist: run 'npm run cli -- migrate' first",
  '42P01': "the database lacks tables: run 'npm run cli -- migrate' first",
  '42501': "the role lacks a right: run 'npm run cli -- migrate' first, as the owner of the tables",
};

/**
 * A failure in one line, with what to do where that is known. Never a stack trace: that is for `LOG_LEVEL=debug`.
 *
 * @returns the line, and the code to exit with.
 */
export function explain(error: unknown): { line: string; exitCode: number } {
  if (error instanceof CliError) {
    const line = error.remedy ? `${error.message}. ${error.remedy}` : error.message;
    return { line, exitCode: error.exitCode };
  }
  if (error instanceof SettingsError) return { line: error.message, exitCode: EXIT.usage };
  return { line: known(error) ?? oneLine(error), exitCode: EXIT.failed };
}

function known(error: unknown): string | undefined {
  for (let each = error as CodedError | undefined; each; each = each.cause as CodedError | undefined) {
    const code = typeof each.code === 'string' ? each.code : '';
    if (code.startsWith('Z_')) return `the file is not gzip, or it is damaged: ${oneLine(error)}`;
    if (POSTGRES[code]) return POSTGRES[code];
    if (String(each.name).startsWith('KafkaJS')) return `Kafka: ${oneLine(error)}`;
    if (/^E(CONNREFUSED|TIMEDOUT|HOSTUNREACH|AI_)/.test(code)) {
      return 'PostgreSQL does not answer: is it running where DATABASE_URL and MIGRATE_DATABASE_URL say?';
    }
  }
  return undefined;
}

function oneLine(error: unknown): string {
  const { errors } = (error ?? {}) as CodedError;
  const first: unknown = Array.isArray(errors) && errors.length > 0 ? errors[0] : error;
  const message = first instanceof Error ? first.message || first.name : String(first);
  return message.replaceAll(/\s+/g, ' ').trim();
}
