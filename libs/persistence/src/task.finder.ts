import { type DataSource } from 'typeorm';
import { type FoundTask, type TaskFinder } from '#libs/processing';
import { lookUp } from './rows';
import { queryRows } from './transaction';

interface FoundRow {
  shard: number;
  tenant_id: string;
  id: string;
}

const COLUMNS = 'shard, tenant_id, id';
/** As in the indexes' own conditions, word for word: else they are not used. */
const OPEN = "status in ('to_do', 'in_progress')";

/** `TaskFinder` on PostgreSQL. The data source is connected as the operator's role, which sees every tenant. */
export class PostgresTaskFinder implements TaskFinder {
  constructor(private readonly dataSource: DataSource) {}

  async claimedBy(agents: readonly { tenantId: string; agentId: string }[]): Promise<FoundTask[]> {
    if (agents.length === 0) return [];
    return this.#find(lookUp(COLUMNS, 'task', { tenant_id: 'text', claimed_by: 'text' }, OPEN), [
      agents.map(({ tenantId }) => tenantId),
      agents.map(({ agentId }) => agentId),
    ]);
  }

  async dueBy(
    { tenantId, calendarId }: { tenantId: string; calendarId: string },
    afterTaskId: string | null,
    limit: number,
  ): Promise<FoundTask[]> {
    return this.#find(
      `select ${COLUMNS} from task
        where tenant_id = $1 and due_calendar = $2 and id > $3 and ${OPEN} order by id limit $4`,
      [tenantId, calendarId, afterTaskId ?? '00000000-0000-0000-0000-000000000000', limit],
    );
  }

  async #find(sql: string, parameters: unknown[]): Promise<FoundTask[]> {
    const rows = await queryRows<FoundRow>(this.dataSource, sql, parameters);
    return rows.map(({ shard, tenant_id: tenantId, id: taskId }) => ({ shard, tenantId, taskId }));
  }
}
