import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Requests over HTTP: their identities came by no topic, and keep what was answered, so that the same request gets the same answer.
 * The release before writes rows without the new columns, and never null where it was not allowed: it runs on beside this one.
 */
export class Requests1790400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table applied_event
        alter column topic drop not null, alter column partition drop not null, alter column "offset" drop not null,
        add column answer_task uuid, add column answer_version integer;
      comment on column applied_event.topic is 'Null for what came by no topic';
      comment on column applied_event.answer_task is 'The task that a request was answered with; null where nobody waited for an answer';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      delete from applied_event where topic is null;
      alter table applied_event
        alter column topic set not null, alter column partition set not null, alter column "offset" set not null,
        drop column answer_task, drop column answer_version;
    `);
  }
}
