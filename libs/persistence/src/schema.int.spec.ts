import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { checkDatabase, createDataSource, schemaDifferences, TENANT_TABLES, TENANTS_SETTING } from './index';

describe('the schema', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  it('is what the entities say', async () => {
    expect(await schemaDifferences(db.owner)).toEqual([]);
  });

  it('is found to differ once a column is missing', async () => {
    const runner = db.owner.createQueryRunner();
    await runner.query('alter table task rename column resolution to verdict');
    try {
      expect(await schemaDifferences(db.owner)).not.toEqual([]);
    } finally {
      await runner.query('alter table task rename column verdict to resolution');
      await runner.release();
    }
  });

  it('has row-level security on, and forced, on every table that holds tenants’ data', async () => {
    const unprotected = await db.owner.query(
      `select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and not (c.relrowsecurity and c.relforcerowsecurity)`,
    );
    expect(unprotected).toEqual([]);
    expect(TENANT_TABLES).toHaveLength(10);
  });

  describe('for the application’s role', () => {
    const insert = (tenant: string) =>
      `insert into flow_version (tenant_id, flow_id, version, definition) values ('${tenant}', 'f', 1, '{}')`;
    const as = (tenants: string, sql: string): Promise<{ tenant_id: string }[]> =>
      db.app.transaction(async (manager) => {
        await manager.query(`select set_config('${TENANTS_SETTING}', $1, true)`, [tenants]);
        return manager.query(sql);
      });

    beforeAll(async () => {
      await as('{a}', insert('a'));
      await as('{b}', insert('b'));
    });

    it('shows a transaction its own tenants’ rows alone, without any where clause', async () => {
      expect(await as('{a}', 'select tenant_id from flow_version')).toEqual([{ tenant_id: 'a' }]);
      expect(await as('{b,c}', 'select tenant_id from flow_version')).toEqual([{ tenant_id: 'b' }]);
      expect(await as('{a,b}', 'select tenant_id from flow_version order by 1')).toHaveLength(2);
    });

    it('shows nothing when no tenant was set, and after the transaction on the same connection', async () => {
      expect(await db.app.query('select * from flow_version')).toEqual([]);
    });

    it('refuses to write another tenant’s row', async () => {
      await expect(as('{a}', insert('b').replace("'f'", "'g'"))).rejects.toThrow(/row-level security/);
    });

    it('may neither delete nor change what the log and the identities say', async () => {
      for (const sql of [
        'delete from task',
        'update activity_log set position = 0',
        'delete from applied_event',
      ]) {
        await expect(as('{a}', sql)).rejects.toThrow(/permission denied/);
      }
    });
  });

  it('lets the operator’s role see every tenant and change no row', async () => {
    expect(await db.operator.query('select tenant_id from flow_version order by 1')).toEqual([
      { tenant_id: 'a' },
      { tenant_id: 'b' },
    ]);
    await expect(db.operator.query(`update task set title = ''`)).rejects.toThrow(/permission denied/);
  });

  describe('the check at start', () => {
    it('passes for the application’s role', async () => {
      await expect(checkDatabase(db.app)).resolves.toBeUndefined();
    });

    it('refuses a superuser', async () => {
      await expect(checkDatabase(db.owner)).rejects.toThrow(/is a superuser.*give DATABASE_URL a plain role/);
    });

    it('refuses a role with BYPASSRLS, and one that owns a table', async () => {
      const role = new URL(db.url).username;
      await db.owner.query(`alter role ${role} bypassrls`);
      await expect(checkDatabase(db.app)).rejects.toThrow(/has BYPASSRLS/);
      await db.owner.query(`alter role ${role} nobypassrls`);
      await db.owner.query(`alter table task owner to ${role}`);
      await expect(checkDatabase(db.app)).rejects.toThrow(/owns the table task/);
      await db.owner.query(`alter table task owner to current_user`);
    });

    it('refuses a database that lacks a migration, by its name', async () => {
      const fresh = await createTestDatabase({ migrated: false });
      const source = createDataSource({ url: fresh.ownerUrl });
      await source.initialize();
      await expect(checkDatabase(source)).rejects.toThrow(
        /lacks migration Spine\d+: run 'npm run cli -- migrate'/,
      );
      await source.destroy();
      await fresh.drop();
    });
  });

  it('ends a transaction that stands still, and a wait for a lock, within the timeouts', async () => {
    const [row] = await db.app.query(
      `select current_setting('lock_timeout') as lock, current_setting('idle_in_transaction_session_timeout') as idle,
              current_setting('transaction_timeout') as whole`,
    );
    expect(row).toEqual({ lock: '10s', idle: '10s', whole: '30s' });
  });
});
