import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { TASKS_WITH_WORDS } from './1790600000000-task-search';

/**
 * The search by words asks PostgreSQL's statistics first (ADR 32). A word of which they know that thousands of tasks have it, and more
 * than twice what they guess of one they do not know, is too common to begin with, and is not counted: to count it is to read all that
 * the index has of it, 8 ms for a word that a quarter of a million tasks have.
 */
export class CommonWords1790800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create or replace function tasks_with_words(tenant text, said text, most integer) returns uuid[]
        language plpgsql volatile security definer
        set search_path = public, pg_temp
        set gin_fuzzy_search_limit = 0
        set enable_seqscan = off
        set enable_bitmapscan = on
        set max_parallel_workers_per_gather = 0
      as $$
      declare
        words text[] := words_of(tenant, said);
        guess constant text :=
          'explain (format json) select from task where words_of(tenant_id, title || '' '' || coalesce(description, '''')) @> array[%L]';
        plan json;
        common double precision;
        word text;
        hits bigint;
        rarest text;
        fewest bigint := most + 1;
        found uuid[];
      begin
        if not tenant = any (coalesce(nullif(current_setting('conversation_tasks.tenants', true), ''), '{}')::text[]) then
          return '{}';
        end if;
        -- Nobody has the word that is empty.
        execute format(guess, '') into plan;
        common := greatest(25 * most, 2 * (plan #>> '{0,Plan,Plan Rows}')::double precision);
        -- Of a word that very many have, some are enough to know that there are too many.
        set local gin_fuzzy_search_limit = 2000;
        foreach word in array words loop
          execute format(guess, word) into plan;
          continue when (plan #>> '{0,Plan,Plan Rows}')::double precision > common;
          select (select count(*) from (select 1 from task
                   where words_of(tenant_id, title || ' ' || coalesce(description, '')) @> array[word] limit most + 1) task)
               + (select count(*) from (select 1 from conversation
                   where words_of(tenant_id, coalesce(customer_name, '') || ' ' || coalesce(customer_id, '') || ' ' || coalesce(customer_address, ''))
                     @> array[word] limit most + 1) customer)
            into hits;
          if hits < fewest then
            fewest := hits;
            rarest := word;
          end if;
        end loop;
        -- Null: every word is too common to begin with it.
        if rarest is null then
          return null;
        end if;
        set local gin_fuzzy_search_limit = 0;
        select array_agg(distinct candidate.id) into found from (
          select id from task where words_of(tenant_id, title || ' ' || coalesce(description, '')) @> array[rarest]
          union all
          select task.id from conversation join task on task.tenant_id = tenant and task.conversation_id = conversation.id
           where conversation.tenant_id = tenant
             and words_of(conversation.tenant_id, coalesce(customer_name, '') || ' ' || coalesce(customer_id, '') || ' ' || coalesce(customer_address, ''))
               @> array[rarest]) candidate;
        return coalesce(found, '{}');
      end $$
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(TASKS_WITH_WORDS);
  }
}
