import { type Conversation, type EventIdentity, type Task, type TaskRecord } from '#libs/domain';
import {
  type LogHeads,
  type ShardChanges,
  type ShardTransaction,
  type StoredFlow,
  type TaskKey,
  type TenantRevision,
  type WorkforceEntry,
} from '#libs/processing';
import { liveFlows } from './flow.store';
import { conversationFrom, identityKeyOf, taskRecordFrom } from './row.readers';
import { type SharedStatements } from './shared.statements';

/** `ShardTransaction` of one shard, over the statements of a transaction that others may share. */
export class PostgresShardTransaction implements ShardTransaction {
  constructor(
    private readonly shared: SharedStatements,
    private readonly shard: number,
  ) {}

  async appliedEvents(events: readonly EventIdentity[]): Promise<Map<string, Buffer>> {
    const rows = await this.shared.appliedEvents.ask(events);
    return new Map(rows.map((row) => [identityKeyOf(row), row.payload_hash]));
  }

  async answers(events: readonly EventIdentity[]): Promise<Map<string, Task>> {
    const rows = await this.shared.answers.ask(events);
    return new Map(rows.map((row) => [identityKeyOf(row), row.task]));
  }

  async conversations(ids: readonly { tenantId: string; conversationId: string }[]): Promise<Conversation[]> {
    return (await this.shared.conversations.ask(ids)).map(conversationFrom);
  }

  async tasks(ids: readonly TaskKey[]): Promise<TaskRecord[]> {
    return (await this.shared.tasks.ask(ids)).map(taskRecordFrom);
  }

  async heads(): Promise<LogHeads> {
    const [row] = await this.shared.heads.ask([this.shard]);
    if (!row) throw new Error(`shard ${this.shard} is not one of this deployment's: run migrate`);
    return { activity: Number(row.activity_position), rejection: Number(row.rejection_position) };
  }

  async revisions(tenantIds: readonly string[]): Promise<Map<string, TenantRevision>> {
    const rows = await this.shared.revisions.ask(tenantIds);
    return new Map(
      rows.map((row) => [row.tenant_id, { workforce: Number(row.workforce), flows: Number(row.flows) }]),
    );
  }

  async workforce(tenantId: string): Promise<WorkforceEntry[]> {
    return this.shared.manager.query(
      `select kind, id, body from workforce_entry where tenant_id = $1 and body is not null order by kind, id`,
      [tenantId],
    );
  }

  async flows(tenantId: string): Promise<StoredFlow[]> {
    return liveFlows(this.shared.manager, tenantId);
  }

  write(changes: ShardChanges): Promise<void> {
    return this.shared.write(this.shard, changes);
  }
}
