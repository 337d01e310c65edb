import { type MigrationInterface, type QueryRunner } from 'typeorm';

const CUSTOMER = `coalesce(customer_name, '') || ' ' || coalesce(customer_id, '') || ' ' || coalesce(customer_address, '')`;
const SEES_TENANT = `coalesce(tenant = any (nullif(current_setting('conversation_tasks.tenants', true), '')::text[]), false)`;
const BY_INDEX = `
        set search_path = public, pg_temp
        set enable_seqscan = off
        set enable_bitmapscan = on
        set max_parallel_workers_per_gather = 0`;

/**
 * The search by words in two steps (ADR 32): which word to begin with, and what the tasks that have it are filtered and sorted by. With
 * their ids alone, as `tasks_with_words` gives them, each would be looked up once more before a page is known: 5 µs each, which is why
 * only words of 200 tasks were read so, and one of a thousand was looked for in half a million.
 *
 * Which words are common is asked of PostgreSQL's statistics first: to count a word's tasks is to read all that the index has of it, 8 ms
 * for a word of a quarter of a million. To look a conversation's tasks up takes as long as to read five by the index: hence a customer's
 * word counts five times.
 *
 * `tasks_with_words` stays for the release before, which may still be running; a later one drops it.
 */
export class UncommonWords1790800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function rarest_word(tenant text, said text, most integer) returns text
        language plpgsql volatile strict security definer ${BY_INDEX}
        set gin_fuzzy_search_limit = 0
      as $$
      declare
        guess constant text :=
          'explain (format json) select from task where words_of(tenant_id, title || '' '' || coalesce(description, '''')) @> array[%L]';
        plan json;
        common double precision;
        word text;
        hits bigint;
        rarest text;
        fewest bigint := most + 1;
      begin
        if not ${SEES_TENANT} then
          return null;
        end if;
        -- Nobody has the word that is empty: it is guessed as one that the statistics do not know.
        execute format(guess, '') into plan;
        common := 2 * greatest(most, (plan #>> '{0,Plan,Plan Rows}')::double precision);
        -- Of a word that very many have, some are enough to know that there are too many.
        perform set_config('gin_fuzzy_search_limit', (3 * most)::text, true);
        foreach word in array words_of(tenant, said) loop
          execute format(guess, word) into plan;
          continue when (plan #>> '{0,Plan,Plan Rows}')::double precision > common;
          select (select count(*) from (select 1 from task
                   where words_of(tenant_id, title || ' ' || coalesce(description, '')) @> array[word] limit fewest) task)
               + 5 * (select count(*) from (select 1 from conversation
                   where words_of(tenant_id, ${CUSTOMER}) @> array[word] limit fewest / 5 + 1) customer)
            into hits;
          if hits < fewest then
            fewest := hits;
            rarest := word;
          end if;
        end loop;
        return rarest;
      end $$;
      comment on function rarest_word is
        'Of the words said, the one that the fewest tasks have in title, description or customer, with its tenant in front. Null when each has more than so many';

      create function tasks_with_word(tenant text, word text)
        returns table (id uuid, status text, type text, priority text, channel text, assignee_kind text, assignee_id text,
                       overdue boolean, due_at timestamptz, created_at timestamptz)
        language plpgsql stable strict security definer ${BY_INDEX}
      as $$
      #variable_conflict use_column
      begin
        if not (${SEES_TENANT} and starts_with(word, tenant || U&'\\001F')) then
          return;
        end if;
        return query
          select id, status, type, priority, channel, assignee_kind, assignee_id, overdue, due_at, created_at from task
           where words_of(tenant_id, title || ' ' || coalesce(description, '')) @> array[word]
          union
          select task.id, status, type, priority, task.channel, assignee_kind, assignee_id, overdue, due_at, task.created_at
            from conversation join task on task.tenant_id = tenant and task.conversation_id = conversation.id
           where conversation.tenant_id = tenant and words_of(conversation.tenant_id, ${CUSTOMER}) @> array[word];
      end $$;
      comment on function tasks_with_word is
        'What a tenant''s tasks with a word, as rarest_word gives it, are filtered and sorted by';

      revoke execute on function rarest_word, tasks_with_word from public;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function rarest_word, tasks_with_word');
  }
}
