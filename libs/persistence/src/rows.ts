import { type EntityManager } from 'typeorm';

/** A column of a multi-row insert: its name, its PostgreSQL type, and how a row gives its value. */
export type ColumnOf<Row> = readonly [name: string, type: string, value: (row: Row) => unknown];

/** Between the elements of a column of JSON: JSON text has no control characters, so nothing in it needs escaping. */
const JSON_SEPARATOR = '\x1e';
/** Likewise, for an element that is SQL's NULL. */
const JSON_NULL = '\x1d';

/**
 * Inserts all rows with one statement and one parameter a column, whatever their number.
 * `unnest` over arrays: 42,000 rows/s here, against 27,000 for VALUES lists and 9,600 for the ORM's `save`; and one prepared text.
 *
 * @param onConflict what follows the rows, such as `on conflict do nothing`; without it a taken key throws.
 * @returns what a `returning` clause in it gives.
 */
export async function insertRows<Row>(
  manager: EntityManager,
  table: string,
  columns: readonly ColumnOf<Row>[],
  rows: readonly Row[],
  onConflict = '',
): Promise<unknown[]> {
  return insertParts(manager, table, [{ columns, rows }], onConflict);
}

/** Rows, and how each gives the values of the table's columns: of several parts, each has the same columns in its own way. */
export interface Part<Row> {
  columns: readonly ColumnOf<Row>[];
  rows: readonly Row[];
}

/** As `insertRows`, of several parts with one statement. */
export async function insertParts<Row>(
  manager: EntityManager,
  table: string,
  parts: readonly Part<Row>[],
  onConflict = '',
): Promise<unknown[]> {
  if (parts.every(({ rows }) => rows.length === 0)) return [];
  const { names, table: given, values } = asTable(parts);
  return manager.query(`insert into ${table} (${names}) select * from ${given} ${onConflict}`, values);
}

/**
 * Sets every column of rows that are there, with one statement and one parameter a column, whatever their number.
 *
 * @param key columns that tell the row, in the order of an index.
 */
export async function updateRows<Row>(
  manager: EntityManager,
  table: string,
  key: readonly string[],
  columns: readonly ColumnOf<Row>[],
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const { names, table: given, values } = asTable([{ columns, rows }]);
  const others = columns.map(([name]) => name).filter((name) => !key.includes(name));
  const [, updated] = (await manager.query(
    `update ${table} set ${others.map((name) => `"${name}" = become."${name}"`).join(', ')}
       from ${given} as become (${names})
      where ${key.map((name) => `${table}."${name}" = become."${name}"`).join(' and ')}`,
    values,
  )) as [unknown, number];
  if (updated !== rows.length)
    throw new Error(`${table}: ${updated} of ${rows.length} rows were there to change`);
}

/** Rows as a statement takes them: their columns' names, a table made of one parameter a column, and the parameters. */
function asTable<Row>(parts: readonly Part<Row>[]) {
  const { columns } = parts[0]!;
  const arrays = columns.map(([, type], i) => arrayExpression(type, i + 1));
  return {
    names: columns.map(([name]) => `"${name}"`).join(', '),
    table: `unnest(${arrays.join(', ')})`,
    values: columns.map(([, type], i) =>
      arrayText(
        type,
        parts.flatMap(({ columns: own, rows }) => rows.map(own[i]![2])),
      ),
    ),
  };
}

const isJson = (type: string): boolean => type === 'json' || type === 'jsonb';

function arrayExpression(type: string, parameter: number): string {
  return isJson(type)
    ? `string_to_array($${parameter}::text, '${JSON_SEPARATOR}', '${JSON_NULL}')::${type}[]`
    : `$${parameter}::${type}[]`;
}

/**
 * A column's values as one parameter. The driver would do it for any array, at 12 µs an event of a budget of 100: most of it for
 * looking twice for what to escape in every value, and for escaping every quote of the JSON.
 */
function arrayText(type: string, values: readonly unknown[]): string {
  return isJson(type)
    ? values.map((value) => value ?? JSON_NULL).join(JSON_SEPARATOR)
    : `{${values.map(elementText).join(',')}}`;
}

/** One element in PostgreSQL's array syntax (manual, 8.15.6). */
function elementText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'string') {
    const isPlain = !value.includes('"') && !value.includes('\\');
    return `"${isPlain ? value : value.replace(/["\\]/g, '\\$&')}"`;
  }
  if (Buffer.isBuffer(value)) return `"\\\\x${value.toString('hex')}"`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError(`a column's values are text, numbers, booleans, bytes or null, not ${typeof value}`);
}

/** `on conflict` clause that overwrites every column that is not part of the key. */
export function overwrite<Row>(key: readonly string[], columns: readonly ColumnOf<Row>[]): string {
  const others = columns.map(([name]) => name).filter((name) => !key.includes(name));
  return `on conflict (${key.join(', ')}) do update set ${others.map((name) => `${name} = excluded.${name}`).join(', ')}`;
}

/**
 * The statement that finds rows by key: a parameter for each column of the key, an array with one element a row.
 *
 * Each key is looked up by itself, whatever the planner thinks of the table: `offset 0` keeps it from making one join of it. Left the
 * choice, and without fresh statistics, it joined 500 keys with all 80,000 rows of the tenant: 20 ms instead of 3, growing with the
 * table until autovacuum came by.
 *
 * @param key the key's columns and their types, in the order of an index.
 */
export function lookUp(select: string, table: string, key: Record<string, string>, where = 'true'): string {
  const columns = Object.keys(key);
  const arrays = Object.values(key).map((type, i) => `$${i + 1}::${type}[]`);
  const matches = columns.map((column) => `${table}.${column} = wanted.${column}`);
  return `select found.* from unnest(${arrays.join(', ')}) as wanted (${columns.join(', ')})
    cross join lateral (select ${select} from ${table} where ${where} and ${matches.join(' and ')} offset 0) found`;
}
