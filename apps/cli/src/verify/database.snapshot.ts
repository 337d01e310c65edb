import { type DataSource, type QueryRunner } from 'typeorm';
import { entryOf, LOG_SELECT, type LogRow } from '#libs/persistence';
import { type LogEntry, type LogName } from '#libs/relay';
import { type StoredTaskRow } from './task.comparison';

const TASKS_AT_ONCE = 1_000;
const TABLES: Record<LogName, string> = { activity: 'activity_log', rejection: 'rejection_log' };

/** What a log has up to the head its shard claims. */
export interface LogExtent {
  /** How many entries there are in positions base + 1 … head. */
  entries: number;
  /** How many there are up to the base. */
  before: number;
  /** The greatest position of all, also beyond the head; 0 when there is none. */
  last: number;
}

/** The last position of each of a shard's logs, and the one behind which it begins: 0, but for rejections after a rebuild. */
export interface ShardHead extends Record<LogName, number> {
  shard: number;
  base: Record<LogName, number>;
}

/**
 * The database as it was at one moment, for as long as it is read: a REPEATABLE READ transaction that changes nothing. The data
 * source is connected as the operator's role, which sees every tenant.
 */
export class DatabaseSnapshot {
  private constructor(private readonly runner: QueryRunner) {}

  /** Runs `work` on a snapshot taken now. */
  static async with<T>(db: DataSource, work: (snapshot: DatabaseSnapshot) => Promise<T>): Promise<T> {
    const runner = db.createQueryRunner();
    try {
      // The service's connections end transactions that take long: this one may.
      await runner.query('set transaction_timeout = 0');
      await runner.query('set idle_in_transaction_session_timeout = 0');
      await runner.query('start transaction isolation level repeatable read, read only');
      return await work(new DatabaseSnapshot(runner));
    } finally {
      await runner.query('rollback').catch(() => undefined);
      await runner.query('reset transaction_timeout').catch(() => undefined);
      await runner.query('reset idle_in_transaction_session_timeout').catch(() => undefined);
      await runner.release();
    }
  }

  /** By shard. */
  async heads(): Promise<ShardHead[]> {
    const rows = await this.#query<{ shard: number; activity: string; rejection: string; base: string }>(
      `select shard, activity_position as activity, rejection_position as rejection, rejection_base as base
         from shard_head order by shard`,
    );
    return rows.map(({ shard, activity, rejection, base }) => ({
      shard,
      activity: Number(activity),
      rejection: Number(rejection),
      base: { activity: 0, rejection: Number(base) },
    }));
  }

  async extent(log: LogName, shard: number, base: number, head: number): Promise<LogExtent> {
    const [row] = await this.#query<{ entries: string; before: string; last: string }>(
      `select count(*) filter (where position > $2 and position <= $3) as entries,
              count(*) filter (where position <= $2) as before, coalesce(max(position), 0) as last
         from ${TABLES[log]} where shard = $1`,
      [shard, base, head],
    );
    return { entries: Number(row!.entries), before: Number(row!.before), last: Number(row!.last) };
  }

  /** The entries from one position to another, by position. */
  async entries(log: LogName, shard: number, from: number, to: number): Promise<Map<number, LogEntry>> {
    const rows = await this.#query<LogRow>(
      `${LOG_SELECT[log]} where shard = $1 and position between $2 and $3 order by position`,
      [shard, from, to],
    );
    return new Map(rows.map((row) => [Number(row.position), entryOf(log, row)]));
  }

  /** A shard's tasks, a few at a time. */
  async *tasks(shard: number): AsyncGenerator<StoredTaskRow[]> {
    // A cursor takes no parameters; the shard is a number of ours.
    await this.#query(`declare tasks no scroll cursor for select * from task where shard = ${Number(shard)}`);
    for (;;) {
      const rows = await this.#query<StoredTaskRow>(`fetch ${TASKS_AT_ONCE} from tasks`);
      if (rows.length === 0) break;
      yield rows;
    }
    await this.#query('close tasks');
  }

  /** How many rows each table has in shards that do not exist. */
  async strays(shards: number): Promise<{ table: string; rows: number }[]> {
    const counts = ['task', ...Object.values(TABLES)].map(
      (table) =>
        `select '${table}' as "table", count(*)::int as rows from ${table} where shard not between 0 and $1`,
    );
    const found = await this.#query<{ table: string; rows: number }>(counts.join(' union all '), [
      shards - 1,
    ]);
    return found.filter(({ rows }) => rows > 0);
  }

  async #query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await this.runner.query(sql, parameters)) as Row[];
  }
}
