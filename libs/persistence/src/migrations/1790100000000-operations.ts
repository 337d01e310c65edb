import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * What operators did: an audit that also carries the progress of long work, so that it can be paused, aborted and gone on with; and
 * what became of each dead letter they dealt with, which says which of them need nobody any more.
 *
 * Neither table holds tenants' data. Rows are never deleted.
 */
export class Operations1790100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table operation (
        id uuid primary key,
        kind text not null,
        status text not null,
        asked text,
        holder uuid not null,
        started_by text not null,
        reason text,
        parameters jsonb not null,
        progress jsonb not null,
        started_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        ended_at timestamptz,
        constraint operation_kind check (kind in ('redrive', 'discard', 'replay', 'republish')),
        constraint operation_status check (status in ('running', 'paused', 'aborted', 'done', 'failed')),
        constraint operation_asked check (asked in ('pause', 'abort'))
      );
      create index operation_by_start on operation (started_at);
      comment on table operation is 'What operators did and do: who, when, what with, and how far it got';
      comment on column operation.asked is 'What another command asks of the process that runs it';
      comment on column operation.holder is 'The process that runs it; one that finds another here stops';

      create table dead_letter_result (
        topic text not null,
        partition integer not null,
        "offset" bigint not null,
        fingerprint text not null,
        operation_id uuid not null,
        attempt integer not null,
        result text not null,
        code text,
        edited text,
        recorded_at timestamptz not null default now(),
        primary key (topic, partition, "offset", fingerprint, operation_id),
        constraint dead_letter_result_kind
          check (result in ('applied', 'duplicate', 'rejected', 'outdated', 'skipped', 'failed', 'discarded')),
        constraint dead_letter_result_operation foreign key (operation_id) references operation (id)
      );
      create index dead_letter_result_by_operation on dead_letter_result (operation_id);
      comment on table dead_letter_result is 'What redrives and discards made of each dead letter, by where its record was';
      comment on column dead_letter_result.fingerprint is 'Of the record: in a topic made anew, another one may have its place';
      comment on column dead_letter_result.attempt is 'How often it had failed before';
      comment on column dead_letter_result.edited is 'The fingerprint of what was applied in its place';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table dead_letter_result; drop table operation');
  }
}
