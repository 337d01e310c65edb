import { type DataSource } from 'typeorm';

/** The tenants whose tasks are listed, and their shares of them. */
export const TENANTS = { north: 0.5, south: 0.3, west: 0.2 } as const;
export type Tenant = keyof typeof TENANTS;

export const AGENTS = 200;
export const TEAMS = 40;
/** Tasks of a conversation. */
const EACH = 3;
const CHUNK = 50_000;

/** What titles are made of: the first words stand in many of them, the last in few. */
export const WORDS = ['call', 'customer', 'order', 'refund', 'invoice', 'booking', 'parcel', 'Zurich', 'Ada'];

/** How many conversations a tenant has. */
export const conversationsOf = (tenant: Tenant, tasks: number): number =>
  Math.floor((tasks * TENANTS[tenant]) / EACH);

/**
 * Fills the tables with what agents look at: tasks of every kind, most of them ended, in conversations with customers. Row by row as
 * the worker would leave them, but for the log, which has none of them, and for the shards, which are not their conversations': nothing
 * writes to these tasks.
 *
 * @param owner connected as a superuser, whom row-level security does not hold.
 */
export async function fillTasks(
  owner: DataSource,
  tasks: number,
  say: (line: string) => void,
): Promise<void> {
  for (const [tenant, share] of Object.entries(TENANTS)) {
    const count = Math.floor(tasks * share);
    for (let first = 0; first < count; first += CHUNK) {
      await insertTasks(owner, tenant, first, Math.min(count, first + CHUNK));
      say(`api: ${Math.min(count, first + CHUNK)} of ${count} tasks of ${tenant}`);
    }
    await owner.query(
      `insert into conversation (tenant_id, id, shard, channel, first_event_at, customer_id, customer_name, customer_address, customer_at, started_at)
       select $1, 'conv-' || n, n % 12, 'call', now() - n * interval '1 minute', 'customer-' || n % 5000,
              (array['Ada', 'Ben', 'Cleo', 'Dora', 'Emil', 'Fay', 'Gus', 'Hal'])[1 + n % 8] || ' ' || substr(md5((n % 5000)::text), 1, 6),
              null, now(), now()
         from generate_series(0, $2::int) n`,
      [tenant, conversationsOf(tenant as Tenant, tasks)],
    );
  }
  await owner.query('vacuum analyze task, conversation');
}

async function insertTasks(owner: DataSource, tenant: string, first: number, end: number): Promise<void> {
  await owner.query(
    `with made as (
       select n, md5($1 || n) as hash, random() as chance, random() as whose, random() as dated, now() - random() * interval '90 days' as at
         from generate_series($2::int, $3::int - 1) n),
     kinds as (
       select *, (lpad(to_hex(extract(epoch from at)::int8 * 1000), 12, '0') || '8' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid as id,
              case when chance < 0.08 then 'to_do' when chance < 0.14 then 'in_progress' when chance < 0.95 then 'resolved' else 'cancelled' end as status,
              case when whose < 0.55 then 'team' when whose < 0.9 then 'agent' end as kind
         from made)
     insert into task (tenant_id, id, shard, conversation_id, channel, type, priority, status, assignee_kind, assignee_id, claimed_by, due_at,
       title, description, created_by_kind, created_by_id, created_at, updated_at, overdue, version, origin_source, origin_event_id, origin_key)
     select $1, id, n % 12, 'conv-' || n / ${EACH}, (array['call', 'message', 'whatsapp'])[1 + n % 3],
            (array['follow_up', 'follow_up', 'internal'])[1 + (n / 7) % 3], (array['low', 'medium', 'medium', 'high', 'critical'])[1 + (n / 3) % 5], status,
            kind, case kind when 'team' then 'team-' || n % ${TEAMS} when 'agent' then 'agent-' || n % ${AGENTS} end,
            case when kind = 'team' and status = 'in_progress' then 'agent-' || n % ${AGENTS} end,
            case when dated < 0.8 then at + dated * interval '20 days' end,
            'Call the customer back about ' || (array['order', 'order', 'order', 'refund', 'refund', 'invoice', 'booking', 'parcel'])[1 + n % 8] || ' ' || n
              || case when n % 997 = 0 then ' in Zurich' else '' end,
            case when n % 2 = 0 then 'The customer asked to be called back; promised to look into it today, and to call in any case.' end,
            'agent', 'agent-' || n % ${AGENTS}, at, at, dated < 0.8 and chance < 0.14 and at + dated * interval '20 days' < now(), 1,
            '/bench', 'e' || n, decode(hash, 'hex')
       from kinds`,
    [tenant, first, end],
  );
}
