import { type Task } from '#libs/domain';
import { TASK_COLUMNS, taskFrom, type TaskOnlyRow } from '../row.readers';
import { type Keyset, type Page } from './keyset';
import { type Ordered } from './task.order';

/** Whether a task has all words, as `words_of` has them, in its title, its description or what is known of its customer (ADR 32). */
const HAS_WORDS = `tsvector_to_array(to_tsvector('pg_catalog.simple', task.title || ' ' || coalesce(task.description, '') || ' ' || coalesce(
     (select coalesce(customer_name, '') || ' ' || coalesce(customer_id, '') || ' ' || coalesce(customer_address, '') from conversation
       where tenant_id = task.tenant_id and id = task.conversation_id), '')))
  @> tsvector_to_array(to_tsvector('pg_catalog.simple', ?))`;

/** A statement, and its parameters. */
export interface Statement {
  sql: string;
  parameters: unknown[];
}

/** Which page is wanted. */
export interface PageWanted extends Ordered {
  limit: number;
  /** Rows are to say whether they have these. */
  words?: string;
}

/** How many there are: those looked at, one more than asked for at most, and those of them that have the words. */
export interface Counted {
  looked: number;
  count: number;
}

/** A row of a page, as the statement gives it. */
export type ListedRow = TaskOnlyRow & { rank: number; value: string; has_words?: boolean };

/** A row of a page, and where a page that ends with it ends. */
export type PageRow = ListedRow & { keyset: Keyset };

/**
 * Reads the tasks of a page that has been found, and no others.
 *
 * @param found SQL behind `select`: gives rank, value, id and nth of the page's tasks and of any others; its first parameter is the tenant.
 * @returns `ListedRow`s with `nth`, one more than fit the page.
 */
export function pageOfTasks(
  { sql: found, parameters }: Statement,
  { descending, limit, words }: PageWanted,
): Statement {
  const all = [...parameters];
  const hasWords =
    words === undefined ? '' : `, ${HAS_WORDS.replace('?', `$${all.push(words)}`)} as has_words`;
  const order = ['rank', 'value', 'id'].map((by) => `${by}${descending ? ' desc' : ''}`).join(', ');
  // By key: a condition on the tenant alone would have any index of the tenant do.
  const sql = `with page as (select $1::text as tenant_id, rank, nth, value, id ${found} order by ${order} limit ${limit + 1})
       select ${TASK_COLUMNS}, page.nth, page.rank, page.value::text as value${hasWords}
         from page join task on task.tenant_id = page.tenant_id and task.id = page.id
        order by ${order.replace('id', 'page.id')}`;
  return { sql, parameters: all };
}

/**
 * Counts the tasks that have been found, and looks into the table only for words.
 *
 * @param found SQL behind `select`: gives the id of each; its first parameter is the tenant.
 * @returns one `Counted`.
 */
export function countOfTasks({ sql, parameters }: Statement, most: number, words?: string): Statement {
  const found = `(select $1::text as tenant_id, id ${sql} limit ${most + 1}) found`;
  if (words === undefined)
    return { sql: `select count(*)::int as looked, count(*)::int as count from ${found}`, parameters };
  const all = [...parameters];
  const fits = HAS_WORDS.replace('?', `$${all.push(words)}`);
  return {
    sql: `select count(*)::int as looked, (count(*) filter (where ${fits}))::int as count
       from ${found} join task on task.tenant_id = found.tenant_id and task.id = found.id`,
    parameters: all,
  };
}

export function withKeyset<Row extends ListedRow>(row: Row): Row & PageRow {
  return { ...row, keyset: [String(row.rank), row.value, row.id] };
}

/** Of the first `many` rows, those with the words. The next page goes on where this one stopped looking. */
export function pageWithWords(rows: readonly PageRow[], many: number, limit: number): Page<Task> {
  const looked = rows.slice(0, many);
  const found = looked.filter((row) => row.has_words);
  const items = found.slice(0, limit).map(taskFrom);
  if (found.length > limit) return { items, next: found[limit - 1]!.keyset };
  return { items, next: rows.length > looked.length ? looked.at(-1)!.keyset : null };
}
