import { type DataSource, type EntityManager } from 'typeorm';
import { type CreatedTask, type InputPosition } from '#libs/processing';
import { taskColumns } from './columns';
import { writePositions } from './input-position.writer';
import { type LogRow } from './log.source';
import {
  activityRowColumns,
  type RebuiltIdentity,
  rebuiltIdentityColumns,
  rejectionRowColumns,
} from './rebuild.columns';
import { insertRows } from './rows';
import { SHARD_LOCKS } from './shard.store';
import { inTransaction, seeTenants } from './transaction';

/** Where a shard's logs end, and behind which position that of the rejections begins. */
export interface RebuiltHeads {
  activity: number;
  rejection: number;
  rejectionBase: number;
}

/** Writes what a rebuild knows, as the application's role; a table at a time, many rows a statement. */
export class RebuildStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in a transaction that holds the shard's lock: a shard is there as a whole, or not at all, so an interrupted rebuild
   * is gone on with by leaving out those that are there.
   *
   * @param work must not begin with a shard that has something: its log begins at position 1.
   */
  inShard<T>(shard: number, work: (transaction: RebuildTransaction) => Promise<T>): Promise<T> {
    return inTransaction(this.dataSource, async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1, $2)', [SHARD_LOCKS, shard]);
      return work(new RebuildTransaction(manager, shard));
    });
  }

  /** Stores where every input partition is gone on with, all or none: the last step. */
  storePositions(positions: readonly InputPosition[]): Promise<void> {
    return inTransaction(this.dataSource, (manager) => writePositions(manager, positions));
  }
}

/** One shard of a rebuild. */
export class RebuildTransaction {
  constructor(
    private readonly manager: EntityManager,
    private readonly shard: number,
  ) {}

  async addActivities(rows: readonly LogRow[]): Promise<void> {
    await this.#see(rows, (row) => row.tenant_id);
    await insertRows(this.manager, 'activity_log', activityRowColumns, rows);
  }

  async addRejections(rows: readonly LogRow[]): Promise<void> {
    await this.#see(rows, (row) => row.tenant_id);
    await insertRows(this.manager, 'rejection_log', rejectionRowColumns, rows);
  }

  /** One that is known already stays as it is. @returns how many were not. */
  async addIdentities(identities: readonly RebuiltIdentity[]): Promise<number> {
    await this.#see(identities, ({ tenantId }) => tenantId);
    const columns = rebuiltIdentityColumns(this.shard);
    const added = await insertRows(
      this.manager,
      'applied_event',
      columns,
      identities,
      'on conflict do nothing returning 1',
    );
    return added.length;
  }

  async addTasks(tasks: readonly CreatedTask[]): Promise<void> {
    await this.#see(tasks, ({ task }) => task.tenantId);
    await insertRows(this.manager, 'task', taskColumns(this.shard), tasks);
  }

  /** Ends the logs. @throws when they had an end already: somebody else wrote to the shard meanwhile. */
  async setHeads({ activity, rejection, rejectionBase }: RebuiltHeads): Promise<void> {
    const [, updated]: [unknown, number] = await this.manager.query(
      `update shard_head set activity_position = $2, rejection_position = $3, rejection_base = $4
        where shard = $1 and activity_position = 0 and rejection_position = 0`,
      [this.shard, activity, rejection, rejectionBase],
    );
    if (updated !== 1) throw new Error(`shard ${this.shard} was written to while it was rebuilt`);
  }

  async #see<T>(rows: readonly T[], tenantOf: (row: T) => string): Promise<void> {
    if (rows.length > 0) await seeTenants(this.manager, [...new Set(rows.map(tenantOf))]);
  }
}
