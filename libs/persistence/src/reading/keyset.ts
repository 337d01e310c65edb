/** Where a page ends: the values of the columns it is sorted by, the last of them unique. Text, as PostgreSQL has it. */
export type Keyset = readonly string[];

/** A page of rows, and where the next begins; null where there is none. */
export interface Page<T> {
  items: T[];
  next: Keyset | null;
}

/** What a list is sorted by: SQL expressions of one direction, the last unique in the tenant. An index has the same, in the same order. */
export interface Order {
  by: readonly { sql: string; type: string }[];
  descending: boolean;
}

/** A condition: SQL, with `?` where the value goes, if it has one. */
export type Conditional = [sql: string, value?: unknown];

/** Conditions of a statement, with its parameters. */
export class Conditions {
  readonly #clauses: string[] = [];

  /** @param parameters those the statement has already; more are added. */
  constructor(readonly parameters: unknown[] = []) {}

  /** @param sql with `?` where the value goes, if it has one. */
  add(sql: string, value?: unknown): this {
    if (sql.includes('?')) this.parameters.push(value);
    this.#clauses.push(sql.replaceAll('?', `$${this.parameters.length}`));
    return this;
  }

  /** What comes behind `after` in this order. One comparison of rows: an index range, wherever it begins. */
  after(after: Keyset | null, { by, descending }: Order): this {
    if (!after) return this;
    const values = by.map(({ type }, i) => {
      this.parameters.push(after[i]);
      return `$${this.parameters.length}::${type}`;
    });
    const columns = by.map(({ sql }) => sql).join(', ');
    this.#clauses.push(`(${columns}) ${descending ? '<' : '>'} (${values.join(', ')})`);
    return this;
  }

  /** Without conditions: all. */
  get sql(): string {
    return this.#clauses.length === 0 ? 'true' : this.#clauses.join(' and ');
  }
}

export function orderBy({ by, descending }: Order): string {
  return by.map(({ sql }) => `${sql}${descending ? ' desc' : ''}`).join(', ');
}

/** The columns of the keyset, to be selected beside what is read: as text, so that no precision is lost on the way. */
export function keysetColumn({ by }: Order): string {
  return `array[${by.map(({ sql }) => `(${sql})::text`).join(', ')}] as keyset`;
}

/** A page of rows of which one more than `limit` was asked for. */
export function pageOf<Row extends { keyset: Keyset }, T>(
  rows: readonly Row[],
  limit: number,
  read: (row: Row) => T,
): Page<T> {
  const own = rows.slice(0, limit);
  return { items: own.map(read), next: rows.length > limit ? own.at(-1)!.keyset : null };
}
