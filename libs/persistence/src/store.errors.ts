import { DatabaseError } from 'pg';
import { QueryFailedError, TypeORMError } from 'typeorm';
import { StoreConflict, StoreOutage, StoreRefusal } from '#libs/processing';

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
  const refused = databaseErrorIn(error);
  const outage =
    code === undefined
      ? ofTheOrm || CONNECTION_ENDED.test(error.message)
      : refused && code.length === 5
        ? OUTAGE_CLASSES.has(code.slice(0, 2))
        : !MISUSE.test(code);
  if (outage) return new StoreOutage(error.message, { cause: error });
  return refused ? new StoreRefusal(describeRefusal(refused)) : error;
}

/**
 * What PostgreSQL says of a value it refuses, without the value: it quotes it in the message, and shows the whole row in the
 * detail. Hence nothing from the first quote on, no detail, and not the error itself as the cause; the names are the schema's.
 */
function describeRefusal({ message, code, table, column, constraint }: DatabaseError): string {
  const said = message.split('"', 1)[0]!.trim();
  const names = Object.entries({ table, column, constraint }).filter(([, name]) => name !== undefined);
  return [`${said} (SQLSTATE ${code})`, ...names.map(([what, name]) => `${what} ${name}`)].join(', ');
}

/** The server's own error, as pg throws it or as TypeORM passes it on. Only those have a SQLSTATE: ENOTFOUND, EMFILE … are the connection's. */
function databaseErrorIn(error: Error): DatabaseError | undefined {
  const inner = (error as { driverError?: unknown }).driverError;
  return [error, inner].find((each) => each instanceof DatabaseError);
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
