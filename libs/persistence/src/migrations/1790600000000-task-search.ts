import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * The search by words (ADR 32). `words_of` is what both the indexes and the questions are made of, so that they agree; each word has its
 * tenant in front, so that how common it is elsewhere costs nobody anything.
 *
 * Operators on arrays may leak what they compare, and get no index under row-level security. So words are looked up by one function, with
 * the rights of the tables' owner, which sees no more than the tenants that the transaction may see.
 */
export class TaskSearch1790600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function words_of(tenant text, said text) returns text[] language sql immutable parallel safe
        return (select coalesce(array_agg(tenant || U&'\\001F' || lexeme), '{}') from unnest(to_tsvector('pg_catalog.simple', said)));

      -- A small pending list: whoever fills it up empties it, and holds a shard meanwhile.
      create index task_by_words on task using gin (words_of(tenant_id, title || ' ' || coalesce(description, '')))
        with (gin_pending_list_limit = 512);
      create index conversation_by_words on conversation using gin (words_of(tenant_id,
        coalesce(customer_name, '') || ' ' || coalesce(customer_id, '') || ' ' || coalesce(customer_address, '')))
        with (gin_pending_list_limit = 512);

      create function tasks_with_words(tenant text, said text, most integer) returns uuid[]
        language plpgsql volatile security definer
        set search_path = public, pg_temp
        set gin_fuzzy_search_limit = 0
        set enable_seqscan = off
        set enable_bitmapscan = on
        set max_parallel_workers_per_gather = 0
      as $$
      declare
        words text[] := words_of(tenant, said);
        word text;
        hits bigint;
        rarest text;
        fewest bigint := most + 1;
        found uuid[];
      begin
        if not tenant = any (coalesce(nullif(current_setting('conversation_tasks.tenants', true), ''), '{}')::text[]) then
          return '{}';
        end if;
        -- Of a word that very many have, some are enough to know that there are too many.
        set local gin_fuzzy_search_limit = 2000;
        foreach word in array words loop
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
      end $$;
      comment on function tasks_with_words is
        'The ids of the tasks that may have all words said, in title, description or customer: those that have the rarest. Null when each word has more than so many';
      revoke execute on function tasks_with_words from public;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function tasks_with_words;
      drop index task_by_words, conversation_by_words;
      drop function words_of;
    `);
  }
}
