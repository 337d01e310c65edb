import { type EntityManager } from 'typeorm';
import { type Conversation, type EventIdentity, identityKey, type Task, type TaskRecord } from '#libs/domain';
import {
  type LogHeads,
  type ShardChanges,
  type ShardTransaction,
  type StoredFlow,
  type TaskKey,
  type TenantRevision,
  together,
  type WorkforceEntry,
} from '#libs/processing';
import {
  activityColumns,
  appliedColumns,
  changingColumns,
  conversationColumns,
  messageColumns,
  outcomeColumns,
  rejectionColumns,
  taskColumns,
} from './columns';
import { liveFlows } from './flow.store';
import { writePosition } from './input-position.writer';
import { insertRows, lookUp, overwrite, updateRows } from './rows';
import { type ConversationRow, conversationFrom, type TaskRow, taskRecordFrom } from './row.readers';

const IDENTITY = { tenant_id: 'text', source: 'text', event_id: 'text' };

/** `ShardTransaction` on the transaction's own manager: a repository of its own would be outside the transaction. */
export class PostgresShardTransaction implements ShardTransaction {
  constructor(
    private readonly manager: EntityManager,
    private readonly shard: number,
  ) {}

  async appliedEvents(events: readonly EventIdentity[]): Promise<Map<string, Buffer>> {
    const rows = await this.#matching<IdentityRow & { payload_hash: Buffer }>(
      lookUp('tenant_id, source, event_id as id, payload_hash', 'applied_event', IDENTITY),
      events,
    );
    return new Map(rows.map((row) => [keyOf(row), row.payload_hash]));
  }

  async answers(events: readonly EventIdentity[]): Promise<Map<string, Task>> {
    // The activity's own text has the task as it was: nothing is kept twice to be answered twice.
    const rows = await this.#matching<IdentityRow & { task: Task }>(
      lookUp(
        `tenant_id, source, event_id as id, (select data -> 'task' from activity_log log where log.tenant_id = applied_event.tenant_id
           and log.task_id = applied_event.answer_task and log.sequence = applied_event.answer_version) as task`,
        'applied_event',
        IDENTITY,
        'answer_task is not null',
      ),
      events,
    );
    return new Map(rows.map((row) => [keyOf(row), row.task]));
  }

  async conversations(ids: readonly { tenantId: string; conversationId: string }[]): Promise<Conversation[]> {
    if (ids.length === 0) return [];
    const rows = await this.#query<ConversationRow>(
      lookUp('*', 'conversation', { tenant_id: 'text', id: 'text' }),
      [ids.map(({ tenantId }) => tenantId), ids.map(({ conversationId }) => conversationId)],
    );
    return rows.map(conversationFrom);
  }

  async tasks(ids: readonly TaskKey[]): Promise<TaskRecord[]> {
    if (ids.length === 0) return [];
    const rows = await this.#query<TaskRow>(lookUp('*', 'task', { tenant_id: 'text', id: 'uuid' }), [
      ids.map(({ tenantId }) => tenantId),
      ids.map(({ taskId }) => taskId),
    ]);
    return rows.map(taskRecordFrom);
  }

  async heads(): Promise<LogHeads> {
    const [row] = await this.#query<{ activity_position: string; rejection_position: string }>(
      `select activity_position, rejection_position from shard_head where shard = $1`,
      [this.shard],
    );
    if (!row) throw new Error(`shard ${this.shard} is not one of this deployment's: run migrate`);
    return { activity: Number(row.activity_position), rejection: Number(row.rejection_position) };
  }

  async revisions(tenantIds: readonly string[]): Promise<Map<string, TenantRevision>> {
    if (tenantIds.length === 0) return new Map();
    const rows = await this.#query<{ tenant_id: string; workforce: string; flows: string }>(
      `select tenant_id, workforce, flows from tenant_revision where tenant_id = any ($1::text[])`,
      [tenantIds],
    );
    return new Map(
      rows.map((row) => [row.tenant_id, { workforce: Number(row.workforce), flows: Number(row.flows) }]),
    );
  }

  async workforce(tenantId: string): Promise<WorkforceEntry[]> {
    return this.#query<WorkforceEntry>(
      `select kind, id, body from workforce_entry where tenant_id = $1 and body is not null order by kind, id`,
      [tenantId],
    );
  }

  async flows(tenantId: string): Promise<StoredFlow[]> {
    return liveFlows(this.manager, tenantId);
  }

  async write(changes: ShardChanges): Promise<void> {
    const { manager, shard } = this;
    const { heads, recordedAt, position } = changes;
    const conversations = conversationColumns(shard);
    const kept = overwrite(['tenant_id', 'id'], conversations);
    const isLogged = changes.activities.length > 0 || changes.rejections.length > 0;
    // Sent together: none waits for what another answers, and the transaction is not committed before all have answered.
    await together([
      insertRows(manager, 'conversation', conversations, changes.conversations, kept),
      insertRows(manager, 'conversation_message', messageColumns, changes.messages, 'on conflict do nothing'),
      insertRows(manager, 'conversation_outcome', outcomeColumns, changes.outcomes),
      insertRows(manager, 'applied_event', appliedColumns(shard, recordedAt), changes.applied),
      insertRows(manager, 'task', taskColumns(shard), changes.tasks),
      updateRows(manager, 'task', ['tenant_id', 'id'], changingColumns, changes.changedTasks),
      insertRows(manager, 'activity_log', activityColumns(shard, recordedAt), changes.activities),
      insertRows(manager, 'rejection_log', rejectionColumns(shard, recordedAt), changes.rejections),
      isLogged &&
        manager.query(
          `update shard_head set activity_position = $2, rejection_position = $3 where shard = $1`,
          [shard, heads.activity, heads.rejection],
        ),
      position && writePosition(manager, position),
    ]);
  }

  async #matching<Row>(sql: string, events: readonly EventIdentity[]): Promise<Row[]> {
    if (events.length === 0) return [];
    const columns = [events.map((e) => e.tenantId), events.map((e) => e.source), events.map((e) => e.id)];
    return this.#query<Row>(sql, columns);
  }

  #query<Row>(sql: string, parameters: unknown[]): Promise<Row[]> {
    return this.manager.query(sql, parameters);
  }
}

interface IdentityRow {
  tenant_id: string;
  source: string;
  id: string;
}

const keyOf = ({ tenant_id: tenantId, source, id }: IdentityRow): string =>
  identityKey({ tenantId, source, id });
