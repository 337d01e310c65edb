import { inspect } from 'node:util';
import { StoreRefusal } from '#libs/processing';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { asStoreError } from './index';

const SAID = 'Anna "Ann" Kovacs';

/** PostgreSQL itself is asked: its messages are what matters here, and they change with its versions. */
describe('a value that PostgreSQL refuses', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
    await db.owner.query(`create table refusing (
      name text primary key check (name not like '%Kovacs%'), short varchar(3), stored jsonb, at timestamptz)`);
  });
  afterAll(() => db.drop());

  async function refusalOf(sql: string, ...values: unknown[]): Promise<Error> {
    const error = await db.owner.query(sql, values).then(
      () => new Error('it was accepted'),
      (thrown: unknown) => asStoreError(thrown) as Error,
    );
    expect(error).toBeInstanceOf(StoreRefusal);
    return error;
  }

  it.each([
    ['no UUID', `select $1::uuid`, SAID],
    ['no number', `select $1::text::bigint`, SAID],
    ['no time', `select $1::text::timestamptz`, SAID],
    ['no array', `select $1::text[]`, `{"${SAID}`],
    ['no JSON', `select $1::jsonb`, `{"name": ${SAID}}`],
    ['JSON with U+0000', `select ($1::jsonb ->> 'name')`, `{"name": "${SAID.replaceAll('"', '')}\\u0000"}`],
    ['a broken check', `insert into refusing (name) values ($1)`, SAID],
    ['a text too long', `insert into refusing (name, short) values ('a', $1)`, SAID],
    ['a missing value', `insert into refusing (name, short) values (null, left($1, 3))`, SAID],
  ])('is not in what is said of it: %s', async (_, sql, value) => {
    const error = await refusalOf(sql, value);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/Anna|Kovacs/);
    expect(error.message).toMatch(/^[a-z].* \(SQLSTATE [0-9A-Z]{5}\)/);
  });

  it('is found by table, column and constraint', async () => {
    const { message } = await refusalOf(`insert into refusing (name) values ($1)`, SAID);
    expect(message).toBe(
      'new row for relation (SQLSTATE 23514), table refusing, constraint refusing_name_check',
    );
  });
});
