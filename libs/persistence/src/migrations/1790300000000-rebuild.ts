import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** The topic of the rejections keeps 30 days: a database rebuilt from the topics has a shard's rejection log from there on. */
export class Rebuild1790300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table shard_head add column rejection_base bigint not null default 0;
      comment on column shard_head.rejection_base is 'Rejections up to this position are not here: the database was rebuilt when the topic no longer had them';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table shard_head drop column rejection_base');
  }
}
