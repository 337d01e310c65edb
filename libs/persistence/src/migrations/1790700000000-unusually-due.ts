import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * The few tasks whose due date says nothing about when they were created (`due.span.ts`, whose condition this is, word for word). On a
 * large table this takes a few seconds, and writers wait.
 */
export class UnusuallyDue1790700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create index task_unusually_due on task (tenant_id, status, overdue, priority, channel, type, created_at, id) include (due_at)
       where due_at < created_at or due_at - created_at > interval '31 days'
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index task_unusually_due');
  }
}
