import { type DataSource } from 'typeorm';
import { type AgentKey, type Claim, type ClaimSource } from '#libs/processing';
import { lookUp } from './rows';
import { queryRows } from './transaction';

/** `ClaimSource` on PostgreSQL. The data source is connected as the operator's role, which sees every tenant. */
export class PostgresClaimSource implements ClaimSource {
  constructor(private readonly dataSource: DataSource) {}

  async claimsOf(agents: readonly AgentKey[]): Promise<Claim[]> {
    if (agents.length === 0) return [];
    const rows = await queryRows<{ shard: number; tenant_id: string; id: string; claimed_by: string }>(
      this.dataSource,
      lookUp(
        'shard, tenant_id, id, claimed_by',
        'task',
        { tenant_id: 'text', claimed_by: 'text' },
        "status in ('to_do', 'in_progress')",
      ),
      [agents.map(({ tenantId }) => tenantId), agents.map(({ agentId }) => agentId)],
    );
    return rows.map((row) => ({
      shard: row.shard,
      tenantId: row.tenant_id,
      taskId: row.id,
      agentId: row.claimed_by,
    }));
  }
}
