import { type TaskKey } from '../shard.store';

/** Port: who holds what. Implemented in persistence. */
export interface ClaimSource {
  /** The open tasks that any of these agents has claimed, with their shards. */
  claimsOf(agents: readonly AgentKey[]): Promise<Claim[]>;
}

export interface AgentKey {
  tenantId: string;
  agentId: string;
}

/** An agent's hold on a task. */
export interface Claim extends TaskKey, AgentKey {
  shard: number;
}
