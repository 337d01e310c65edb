import { type DataSource, type EntityManager } from 'typeorm';

/** What a column of the rows is, where nothing else is said: SQL, of `n`, the number of the row from 0. */
const USUALLY: Record<string, string> = {
  id: 'gen_random_uuid()',
  shard: '0',
  conversation_id: `'conv'`,
  channel: `'call'`,
  type: `'internal'`,
  priority: `'low'`,
  status: `'to_do'`,
  title: `'Call'`,
  created_by_kind: `'agent'`,
  created_by_id: `'eli'`,
  created_at: 'now()',
  updated_at: 'now()',
  overdue: 'false',
  version: '1',
  origin_source: `'/test'`,
  origin_event_id: 'n::text',
  origin_key: `sha256(convert_to($1 || ' ' || n, 'UTF8'))`,
};

/**
 * Writes rows of `task` for what only reads them: `count` of them, alike but for the columns given, each SQL of `n`. Nothing else about
 * them is true; `insertOpenTasks` writes such as a creation leaves.
 *
 * @param database sees the tenant: a superuser's, or a transaction that was told of it.
 */
export async function insertTaskRows(
  database: DataSource | EntityManager,
  tenantId: string,
  count: number,
  columns: Record<string, string> = {},
): Promise<void> {
  const all = { ...USUALLY, ...columns };
  await database.query(
    `insert into task (tenant_id, ${Object.keys(all).join(', ')})
     select $1, ${Object.values(all).join(', ')} from generate_series(0, $2::int - 1) n`,
    [tenantId, count],
  );
}
