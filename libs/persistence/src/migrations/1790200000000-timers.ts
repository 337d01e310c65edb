import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * What timers go by: which activity set a task's due date, how a calendar gave it and what was said of it, since when its claim is
 * idle and why it was flagged, and the moment of its first timer. All but the last are folded from the task's activities.
 *
 * Tasks that are there get theirs from their logs, read whole, once. Their dates count as given by no calendar, since logs did not say
 * so before. Workers of the release before must be stopped: what they write has no timers.
 */
export class Timers1790200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table task
        add column due_set_by integer,
        add column due_said text,
        add column due_in text,
        add column due_calendar text,
        add column due_from timestamptz,
        add column claim_active_by integer,
        add column claim_active_at timestamptz,
        add column claim_flag text,
        add column timer_at timestamptz;
      comment on column task.timer_at is 'When time alone will do something to it next; null when it will not';

      -- Forced, row-level security would hide every row from the tables' owner too.
      alter table task no force row level security;
      alter table activity_log no force row level security;
      with changed as (
        select log.tenant_id, log.task_id, change ->> 'field' as field, max(log.sequence) as sequence
          from activity_log log cross join lateral json_array_elements(log.data -> 'changes') change
         where change ->> 'field' in ('dueAt', 'claimedBy')
         group by log.tenant_id, log.task_id, change ->> 'field'
      )
      update task
         set due_set_by = case when task.due_at is not null then due.sequence end,
             timer_at = case when task.status in ('to_do', 'in_progress') then to_timestamp(0) end,
             claim_active_by = heard.sequence,
             claim_active_at = heard.occurred_at
        from (select tenant_id, id from task where due_at is not null or claimed_by is not null) timed
        left join changed due on due.tenant_id = timed.tenant_id and due.task_id = timed.id and due.field = 'dueAt'
        left join changed claim
          on claim.tenant_id = timed.tenant_id and claim.task_id = timed.id and claim.field = 'claimedBy'
        left join lateral (
          select log.sequence, log.occurred_at from activity_log log join task held
              on held.tenant_id = log.tenant_id and held.id = log.task_id and held.claimed_by is not null
           where log.tenant_id = timed.tenant_id and log.task_id = timed.id and log.sequence >= claim.sequence
             and (log.sequence = claim.sequence or log.data -> 'actor' ->> 'id' = held.claimed_by
               and log.data -> 'actor' ->> 'kind' in ('agent', 'service'))
           order by log.occurred_at desc, log.sequence desc limit 1
        ) heard on true
       where task.tenant_id = timed.tenant_id and task.id = timed.id;
      alter table task force row level security;
      alter table activity_log force row level security;

      create index task_by_timer on task (shard, timer_at) where timer_at is not null;
      create index task_by_claim on task (tenant_id, claimed_by)
        where claimed_by is not null and status in ('to_do', 'in_progress');
      create index task_by_calendar on task (tenant_id, due_calendar, id)
        where due_calendar is not null and status in ('to_do', 'in_progress');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index task_by_calendar; drop index task_by_claim; drop index task_by_timer;
      alter table task drop column due_set_by, drop column due_said, drop column due_in, drop column due_calendar,
        drop column due_from, drop column claim_active_by,
        drop column claim_active_at, drop column claim_flag, drop column timer_at
    `);
  }
}
