import DataLoader from 'dataloader';
import { type EntityManager } from 'typeorm';
import { type EventIdentity, type Task } from '#libs/domain';
import { type ShardChanges, type TaskKey, together } from '#libs/processing';
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
import { writePositions } from './input-position.writer';
import { type ConversationRow, type IdentityRow, type TaskRow } from './row.readers';
import { type ColumnOf, insertParts, lookUp, overwrite, type Part, updateRows } from './rows';

/** What one shard's work writes. */
interface ShardWrite extends ShardChanges {
  shard: number;
}

const IDENTITY = { tenant_id: 'text', source: 'text', event_id: 'text' };
// The activity's own text has the task as it was: nothing is kept twice to be answered twice.
const ANSWER = `tenant_id, source, event_id as id, (select data -> 'task' from activity_log log where log.tenant_id = applied_event.tenant_id
  and log.task_id = applied_event.answer_task and log.sequence = applied_event.answer_version) as task`;

const identity = ({ tenantId, source, id }: EventIdentity): string[] => [tenantId, source, id];
const identityOf = (row: IdentityRow): string[] => [row.tenant_id, row.source, row.id];
const one = (key: string | number): (string | number)[] => [key];

/**
 * The statements of one transaction. What is asked for at the same moment, by whichever shard's work, goes to the database as one
 * statement a table, and so does what is written: on the transaction's own manager, since a repository's would be outside of it.
 */
export class SharedStatements {
  readonly appliedEvents = this.#question<EventIdentity, IdentityRow & { payload_hash: Buffer }>(
    lookUp('tenant_id, source, event_id as id, payload_hash', 'applied_event', IDENTITY),
    identity,
    identityOf,
  );
  readonly answers = this.#question<EventIdentity, IdentityRow & { task: Task }>(
    lookUp(ANSWER, 'applied_event', IDENTITY, 'answer_task is not null'),
    identity,
    identityOf,
  );
  readonly conversations = this.#question<{ tenantId: string; conversationId: string }, ConversationRow>(
    lookUp('*', 'conversation', { tenant_id: 'text', id: 'text' }),
    ({ tenantId, conversationId }) => [tenantId, conversationId],
    (row) => [row.tenant_id, row.id],
  );
  readonly tasks = this.#question<TaskKey, TaskRow>(
    lookUp('*', 'task', { tenant_id: 'text', id: 'uuid' }),
    ({ tenantId, taskId }) => [tenantId, taskId],
    (row) => [row.tenant_id, row.id],
  );
  readonly heads = this.#question<
    number,
    { shard: number; activity_position: string; rejection_position: string }
  >(
    'select shard, activity_position, rejection_position from shard_head where shard = any ($1::int[])',
    one,
    ({ shard }) => [shard],
  );
  readonly revisions = this.#question<string, { tenant_id: string; workforce: string; flows: string }>(
    'select tenant_id, workforce, flows from tenant_revision where tenant_id = any ($1::text[])',
    one,
    (row) => [row.tenant_id],
  );
  readonly #writes = new DataLoader<ShardWrite, null>(
    async (writes) => {
      await this.#writeAll(writes);
      return writes.map(() => null);
    },
    { cache: false },
  );

  constructor(readonly manager: EntityManager) {}

  async write(shard: number, changes: ShardChanges): Promise<void> {
    await this.#writes.load({ ...changes, shard });
  }

  /** @param sql takes a parameter for each part of a key: an array with one element a key. */
  #question<Key, Row>(
    sql: string,
    partsOf: (key: Key) => (string | number)[],
    partsOfRow: (row: Row) => (string | number)[],
  ): Question<Key, Row> {
    const query = (keys: readonly Key[]): Promise<Row[]> => {
      const parts = keys.map(partsOf);
      return this.manager.query(
        sql,
        parts[0]!.map((_, i) => parts.map((each) => each[i])),
      );
    };
    return new Question(
      query,
      (key) => partsOf(key).join('\0'),
      (row) => partsOfRow(row).join('\0'),
    );
  }

  async #writeAll(writes: readonly ShardWrite[]): Promise<void> {
    const { manager } = this;
    const insert = <Row>(table: string, partOf: (of: ShardWrite) => Part<Row>, onConflict?: string) =>
      insertParts(manager, table, writes.map(partOf), onConflict);
    // Sent together: none waits for what another answers, and the transaction is not committed before all have answered.
    await together([
      insert(
        'conversation',
        (of) => ({ columns: conversationColumns(of.shard), rows: of.conversations }),
        overwrite(['tenant_id', 'id'], conversationColumns(0)),
      ),
      insert(
        'conversation_message',
        (of) => ({ columns: messageColumns, rows: of.messages }),
        'on conflict do nothing',
      ),
      insert('conversation_outcome', (of) => ({ columns: outcomeColumns, rows: of.outcomes })),
      insert('applied_event', (of) => ({
        columns: appliedColumns(of.shard, of.recordedAt),
        rows: of.applied,
      })),
      insert('task', (of) => ({ columns: taskColumns(of.shard), rows: of.tasks })),
      updateRows(
        manager,
        'task',
        ['tenant_id', 'id'],
        changingColumns,
        writes.flatMap(({ changedTasks }) => changedTasks),
      ),
      insert('activity_log', (of) => ({
        columns: activityColumns(of.shard, of.recordedAt),
        rows: of.activities,
      })),
      insert('rejection_log', (of) => ({
        columns: rejectionColumns(of.shard, of.recordedAt),
        rows: of.rejections,
      })),
      updateRows(
        manager,
        'shard_head',
        ['shard'],
        headColumns,
        writes.filter(({ activities, rejections }) => activities.length + rejections.length > 0),
      ),
      writePositions(
        manager,
        writes.flatMap(({ position }) => position ?? []),
      ),
    ]);
  }
}

const headColumns: ColumnOf<ShardWrite>[] = [
  ['shard', 'smallint', ({ shard }) => shard],
  ['activity_position', 'bigint', ({ heads }) => heads.activity],
  ['rejection_position', 'bigint', ({ heads }) => heads.rejection],
];

/** Finds rows by key, with one statement for all who ask at the same moment; each gets those of its own keys. */
class Question<Key, Row> {
  readonly #asked: DataLoader<readonly Key[], Row[]>;

  constructor(
    query: (keys: readonly Key[]) => Promise<Row[]>,
    textOf: (key: Key) => string,
    textOfRow: (row: Row) => string,
  ) {
    this.#asked = new DataLoader(
      async (askers) => {
        const rows = await query(askers.flat());
        if (askers.length === 1) return [rows];
        const found = new Map(rows.map((row) => [textOfRow(row), row]));
        return askers.map((keys) => keys.flatMap((key) => found.get(textOf(key)) ?? []));
      },
      { cache: false },
    );
  }

  async ask(keys: readonly Key[]): Promise<Row[]> {
    return keys.length === 0 ? [] : this.#asked.load(keys);
  }
}
