import { type Task } from '#libs/domain';
import { taskFrom, type TaskOnlyRow } from '../row.readers';
import { type Keyset, type Page } from './keyset';

/** Tasks that are looked through at once for words: those with the rarest of them, or, where all are common, those from where the page begins. */
export const LOOKED_THROUGH = 200;

/** Whether a task has all words, as `words_of` has them, in its title, its description or what is known of its customer (ADR 32). */
export const HAS_WORDS = `tsvector_to_array(to_tsvector('pg_catalog.simple', task.title || ' ' || coalesce(task.description, '') || ' ' || coalesce(
     (select coalesce(customer_name, '') || ' ' || coalesce(customer_id, '') || ' ' || coalesce(customer_address, '') from conversation
       where tenant_id = task.tenant_id and id = task.conversation_id), '')))
  @> tsvector_to_array(to_tsvector('pg_catalog.simple', ?))`;

/** A row of a page, and where a page that ends with it ends. */
export type PageRow = TaskOnlyRow & { keyset: Keyset; has_words?: boolean };

/** Of the first `many` rows, those with the words. The next page goes on where this one stopped looking. */
export function pageWithWords(rows: readonly PageRow[], many: number, limit: number): Page<Task> {
  const looked = rows.slice(0, many);
  const found = looked.filter((row) => row.has_words);
  const items = found.slice(0, limit).map(taskFrom);
  if (found.length > limit) return { items, next: found[limit - 1]!.keyset };
  return { items, next: rows.length > looked.length ? looked.at(-1)!.keyset : null };
}
