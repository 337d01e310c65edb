import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * The spine: input positions, conversations, the identities of applied events, people and flows, tasks, and the two logs.
 *
 * Every table that holds tenants' data leads its keys with tenant_id, or, where a shard's order leads (the logs), has it as a
 * column, and carries the row-level security of invariant 8. The tables without it hold no tenant's data.
 */
export class Spine1790000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table deployment (
        id smallint primary key,
        shards smallint not null,
        producer_id bigint not null,
        producer_epoch smallint not null,
        created_at timestamptz not null default now(),
        constraint deployment_is_one_row check (id = 1),
        constraint deployment_has_shards check (shards > 0)
      );
      comment on table deployment is 'One row: what was fixed when the topics were made, and the producer id the relay publishes with';

      create table shard_head (
        shard smallint primary key,
        activity_position bigint not null default 0,
        rejection_position bigint not null default 0
      );
      comment on table shard_head is 'The last position of each shard''s logs. A table of its own, since row-level security hides other tenants'' log entries from max(position)';

      create table input_position (
        topic text not null,
        partition integer not null,
        next_offset bigint not null,
        fingerprint text not null,
        stored_at timestamptz not null default now(),
        primary key (topic, partition)
      );
      comment on table input_position is 'How far each input partition was read, and a fingerprint of the last record read';

      create table tenant_revision (
        tenant_id text primary key,
        workforce bigint not null default 0,
        flows bigint not null default 0
      );
      comment on table tenant_revision is 'Grows with every change of a tenant''s people or flows: tells a worker when to read them again';

      create table workforce_entry (
        tenant_id text not null,
        kind text not null,
        id text not null,
        body jsonb,
        source_offset bigint not null,
        primary key (tenant_id, kind, id),
        constraint workforce_entry_kind check (kind in ('agent', 'team', 'calendar', 'policy'))
      );
      comment on column workforce_entry.body is 'Null when removed: the row stays, so that an older record read again does not bring it back';

      create table flow_version (
        tenant_id text not null,
        flow_id text not null,
        version integer not null,
        definition jsonb not null,
        saved_at timestamptz not null default now(),
        primary key (tenant_id, flow_id, version)
      );

      create table conversation (
        tenant_id text not null,
        id text not null,
        shard smallint not null,
        channel text not null,
        first_event_at timestamptz not null,
        customer_id text,
        customer_name text,
        customer_address text,
        customer_at timestamptz,
        agent_kind text,
        agent_id text,
        started_at timestamptz,
        ended_at timestamptz,
        end_reason text,
        primary key (tenant_id, id)
      );

      create table conversation_message (
        tenant_id text not null,
        conversation_id text not null,
        message_id text not null,
        from_kind text not null,
        from_id text not null,
        text text not null,
        sent_at timestamptz not null,
        primary key (tenant_id, conversation_id, message_id)
      );

      create table conversation_outcome (
        tenant_id text not null,
        source text not null,
        event_id text not null,
        conversation_id text not null,
        channel text not null,
        occurred_at timestamptz not null,
        data jsonb not null,
        primary key (tenant_id, source, event_id)
      );
      create index conversation_outcome_by_time on conversation_outcome (tenant_id, occurred_at);

      create table applied_event (
        tenant_id text not null,
        source text not null,
        event_id text not null,
        type text not null,
        became text not null,
        payload_hash bytea not null,
        shard smallint not null,
        conversation_id text not null,
        topic text not null,
        partition integer not null,
        "offset" bigint not null,
        recorded_at timestamptz not null,
        primary key (tenant_id, source, event_id),
        constraint applied_event_became check (became in ('applied', 'rejected'))
      );
      comment on table applied_event is 'The identity of every command and outcome that was applied, so that it counts once';

      create table task (
        tenant_id text not null,
        id uuid not null,
        shard smallint not null,
        conversation_id text not null,
        channel text not null,
        type text not null,
        priority text not null,
        status text not null,
        assignee_kind text,
        assignee_id text,
        claimed_by text,
        due_at timestamptz,
        title text not null,
        description text,
        created_by_kind text not null,
        created_by_id text not null,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        started_at timestamptz,
        resolved_at timestamptz,
        resolution text,
        overdue boolean not null,
        version integer not null,
        origin_source text not null,
        origin_event_id text not null,
        origin_flow text,
        origin_node text,
        origin_ordinal smallint,
        origin_key bytea not null,
        primary key (tenant_id, id)
      );
      create unique index task_origin on task (tenant_id, origin_key);
      create index task_by_conversation on task (tenant_id, conversation_id);
      create index task_by_shard on task (shard);
      comment on column task.origin_key is 'SHA-256 over the five origin columns: together they can exceed what an index entry holds';
      comment on index task_origin is 'One event makes a task once, whatever id is derived (invariant 1)';

      create table activity_log (
        shard smallint not null,
        position bigint not null,
        tenant_id text not null,
        task_id uuid not null,
        sequence integer not null,
        conversation_id text not null,
        type text not null,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null,
        cause_source text not null,
        cause_id text not null,
        traceparent text,
        data json not null,
        primary key (shard, position)
      );
      create unique index activity_log_by_task on activity_log (tenant_id, task_id, sequence);
      comment on column activity_log.data is 'json, not jsonb: published as the very text that was written';

      create table rejection_log (
        shard smallint not null,
        position bigint not null,
        tenant_id text not null,
        conversation_id text not null,
        task_id uuid not null,
        code text not null,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null,
        cause_source text not null,
        cause_id text not null,
        traceparent text,
        data json not null,
        primary key (shard, position)
      );
      create unique index rejection_log_unsupported on rejection_log (tenant_id, cause_source, cause_id) where code = 'not_supported';
      comment on index rejection_log_unsupported is 'An unsupported command leaves no identity, so this keeps its answer from being given twice';
    `);
  }

  async down(): Promise<void> {
    throw new Error('the first migration is not taken back: drop the database instead');
  }
}
