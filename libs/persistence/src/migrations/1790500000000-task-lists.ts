import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * What lists of tasks are read by (`task.facets.ts`). The expressions are those of `task.lists.ts`, word for word, or the indexes are
 * not used; `due_at` is beside them so that a page is found without the table. On a large table this takes a while, and writers wait: migrate in a quiet hour.
 */
export class TaskLists1790500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create index task_by_created on task (tenant_id, status, overdue, priority, channel, type, created_at, id) include (due_at);
      create index task_by_due on task (tenant_id, status, overdue, priority, channel, type,
        (case when due_at is null then 'infinity' else due_at end), id) include (due_at);
      create index task_of_assignee_by_created on task (tenant_id, assignee_kind, assignee_id, status, overdue, priority, created_at, id)
        include (due_at, channel, type) where assignee_id is not null;
      create index task_of_assignee_by_due on task (tenant_id, assignee_kind, assignee_id, status, overdue, priority,
        (case when due_at is null then 'infinity' else due_at end), id) include (due_at, channel, type, claimed_by) where assignee_id is not null;
      create index conversation_by_time on conversation (tenant_id, first_event_at, id);
      create index conversation_by_customer on conversation (tenant_id, customer_id, first_event_at, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index task_by_created, task_by_due, task_of_assignee_by_created, task_of_assignee_by_due,
        conversation_by_time, conversation_by_customer;
    `);
  }
}
