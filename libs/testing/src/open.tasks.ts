import { type DataSource } from 'typeorm';

/** Many open tasks at once, for what depends on how many there are. */
export interface OpenTasks {
  /** The number of the first; tasks of different numbers are different tasks. Default 0. */
  first?: number;
  count: number;
  /** When the first is due, RFC 3339; each further one is due a second later. */
  dueFrom: string;
  tenantId?: string;
  /** They are shared out among so many shards in turn. */
  shards?: number;
}

/**
 * Writes rows of `task` as a creation with a due date would leave them, a hundred times as fast: with what timers go by, a timer an
 * hour before the due date, and none of the rest. There is no log to rebuild them from, and `verify` would say so; the shards are
 * not their conversations'.
 *
 * @param owner connected as a superuser, whom row-level security does not hold.
 */
export async function insertOpenTasks(owner: DataSource, tasks: OpenTasks): Promise<void> {
  const { first = 0, count, dueFrom, tenantId = 'default', shards = 12 } = tasks;
  await owner.query(
    `insert into task (tenant_id, id, shard, conversation_id, channel, type, priority, status, assignee_kind, assignee_id, due_at,
       title, description, created_by_kind, created_by_id, created_at, updated_at, overdue, version, origin_source,
       origin_event_id, origin_key, due_set_by, timer_at)
     select $1, (lpad(to_hex(extract(epoch from made)::int8 * 1000), 12, '0') || '8' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
            n % $2::int, 'open-' || n, 'call', 'follow_up', 'high', 'to_do', 'team', 'bookings', due,
            'Call the customer back about order ' || n,
            'The customer asked to be called back about the delivery: the parcel has been at the depot for three days, and nobody ' ||
            'answers there. Promised to look into it today, and to call in any case, also when there is nothing new to tell.',
            'agent', 'eli', made, made, false, 1, '/open-tasks', 'open-' || n, sha256(convert_to('open-' || n, 'UTF8')), 1,
            due - interval '1 hour'
       from generate_series($3::int, $3::int + $4::int - 1) n
      cross join lateral (select $5::timestamptz + n * interval '1 second' as due) dates
      cross join lateral (select due - interval '30 days' as made, md5(n::text) as hash) more`,
    [tenantId, shards, first, count, dueFrom],
  );
}

/** Has these tasks due at this moment, said to be due soon before, so that one timer of each is left. */
export async function makeDue(owner: DataSource, numbers: readonly number[], at: string): Promise<void> {
  const [, changed] = (await owner.query(
    `update task set due_at = $1, timer_at = $1, due_said = 'due_soon', version = 2
      where origin_source = '/open-tasks' and origin_event_id = any ($2::text[])`,
    [at, numbers.map((n) => `open-${n}`)],
  )) as [unknown, number];
  if (changed !== numbers.length) throw new Error(`${changed} of ${numbers.length} tasks were there`);
}
