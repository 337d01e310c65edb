import { type DataSource } from 'typeorm';
import { type Instant } from '#libs/domain';
import { type TaskKey, type TimerSource } from '#libs/processing';
import { queryRows } from './transaction';

/** `TimerSource` on PostgreSQL. The data source is connected as the operator's role, which sees every tenant. */
export class PostgresTimerSource implements TimerSource {
  constructor(private readonly dataSource: DataSource) {}

  async shardsDue(shards: readonly number[], until: Instant): Promise<Map<number, Instant>> {
    // Each shard is looked up by itself: one index entry, whatever the planner thinks of the table.
    const rows = await queryRows<{ shard: number; timer_at: Date }>(
      this.dataSource,
      `select wanted.shard, first.timer_at from unnest($1::smallint[]) as wanted (shard)
        cross join lateral (
          select timer_at from task where task.shard = wanted.shard and timer_at <= $2 order by timer_at limit 1
        ) first`,
      [shards, until],
    );
    return new Map(rows.map(({ shard, timer_at }) => [shard, timer_at.toISOString()]));
  }

  async tasksDue(shard: number, until: Instant, limit: number): Promise<TaskKey[]> {
    const rows = await queryRows<{ tenant_id: string; id: string }>(
      this.dataSource,
      `select tenant_id, id from task where shard = $1 and timer_at <= $2 order by timer_at limit $3`,
      [shard, until, limit],
    );
    return rows.map(({ tenant_id: tenantId, id: taskId }) => ({ tenantId, taskId }));
  }
}
