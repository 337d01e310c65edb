import { DatabaseError } from 'pg';
import { QueryFailedError, TypeORMError } from 'typeorm';
import { StoreConflict, StoreOutage } from '#libs/processing';

const UNIQUE_VIOLATION = '23505';

/**
 * SQLSTATE classes that say the database cannot serve now, whatever the statement: connection, transaction rollback, resources,
 * object not in state, operator intervention, system error (design, invariant 5); and those that say the deployment is wrong, not
 * the data: a read-only standby (25), rights (28), no such database (3D), no such table, column or privilege (42). Every statement
 * here is fixed text with parameters, so no message can cause those; dead-lettering everything because a migration is missing
 * would be the worse mistake.
 */
const OUTAGE_CLASSES = new Set(['08', '40', '53', '55', '57', '58', '25', '28', '3D', '42']);

/** Codes of errors that JavaScript throws at its own misuse; those of TLS are the connection's. */
const MISUSE = /^ERR_(?!TLS|SSL)/;

/** What pg says, without any code, when a connection ends under a statement or cannot be had. */
const CONNECTION_ENDED =
  /connection terminated|connection ended|not queryable|timeout exceeded when trying to connect|timeout expired|driver not connected|connection error/i;

/** Tells an outage and a lost race from a fault of the data: what processing acts on (invariant 5). */
export function asStoreError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = codeOf(error);
  if (code === UNIQUE_VIOLATION) return new StoreConflict(error.message, { cause: error });
  // The ORM's own complaints, such as a query runner released under a transaction, follow from a connection that broke.
  const ofTheOrm = error instanceof TypeORMError && !(error instanceof QueryFailedError);
  const outage =
    code === undefined
      ? ofTheOrm || CONNECTION_ENDED.test(error.message)
      : isSqlState(error, code)
        ? OUTAGE_CLASSES.has(code.slice(0, 2))
        : !MISUSE.test(code);
  return outage ? new StoreOutage(error.message, { cause: error }) : error;
}

/** Only the server's own errors have one; everything else with a code (ENOTFOUND, EMFILE, CERT_HAS_EXPIRED …) is the connection's. */
function isSqlState(error: Error, code: string): boolean {
  const server =
    error instanceof DatabaseError ||
    (error as { driverError?: unknown }).driverError instanceof DatabaseError;
  return server && code.length === 5;
}

function codeOf(error: Error): string | undefined {
  const own =
    (error as { code?: unknown }).code ?? (error as { driverError?: { code?: unknown } }).driverError?.code;
  return typeof own === 'string' ? own : undefined;
}

/** Whether a first connection that failed may come about by waiting: not with a wrong password or a database that is not there. */
export function isWorthRetrying(error: unknown): boolean {
  const code = error instanceof Error ? codeOf(error) : undefined;
  return asStoreError(error) instanceof StoreOutage && !/^(28|3D|42)/.test(code ?? '');
}
