import { type MigrationInterface, type QueryRunner } from 'typeorm';

const TABLES = [
  'tenant_revision',
  'workforce_entry',
  'flow_version',
  'conversation',
  'conversation_message',
  'conversation_outcome',
  'task',
];

/**
 * PostgreSQL is to plan for every tenant alike. Of one that came since a table was analyzed its statistics know that it has no rows, and
 * every index that begins with the tenant will do to find none: each facet of a list was looked for among all of the tenant's tasks.
 * Without statistics a tenant is taken for one of two hundred.
 */
export class TenantsAlike1790900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // PostgreSQL 17 has no such function: there, those of a database that was analyzed before stay as they are.
    const clears = (await runner.query(
      `select 1 from pg_proc where proname = 'pg_clear_attribute_stats'`,
    )) as unknown[];
    for (const table of TABLES) {
      await runner.query(`alter table ${table} alter column tenant_id set statistics 0`);
      if (clears.length > 0)
        await runner.query(`select pg_clear_attribute_stats('public', '${table}', 'tenant_id', false)`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES)
      await runner.query(`alter table ${table} alter column tenant_id set statistics default`);
  }
}
