import { type DataSource } from 'typeorm';
import { type PartitionOffsets } from '#libs/messaging';
import { type LogName } from '#libs/relay';
import { CliError } from '../cli.error';
import { type GreatestCauses } from './input.positions';

/** By log: what its topic has, by shard. */
export type PublishedOffsets = Record<LogName, PartitionOffsets[]>;

/** Tables in which every row has a shard, and which an interrupted rebuild leaves filled for the shards it finished. */
const BY_SHARD = ['task', 'activity_log', 'rejection_log', 'applied_event', 'conversation'];
/** Tables that a rebuild fills at its very end, or never. People and flows may be there: they stand for themselves. */
const EMPTY_TO_THE_END = ['conversation_message', 'conversation_outcome', 'input_position'];

/** Looks at the database as the operator's role, which sees every tenant. */
export class DatabaseToRebuild {
  constructor(private readonly db: DataSource) {}

  /**
   * The shards that are still to be rebuilt: all, unless a rebuild was interrupted.
   *
   * @throws CliError when there is something that no rebuild has left there, naming the table.
   */
  async shardsLeft({ activity, rejection }: PublishedOffsets): Promise<number[]> {
    const heads = await this.#query<{ shard: number; activity: string; rejection: string }>(
      `select shard, activity_position as activity, rejection_position as rejection from shard_head order by shard`,
    );
    const left = heads.filter(
      (head) =>
        BigInt(head.activity) !== activity[head.shard]?.end ||
        BigInt(head.rejection) !== rejection[head.shard]?.end,
    );
    const begun = left.find((head) => head.activity !== '0' || head.rejection !== '0');
    if (begun)
      throw notEmpty(
        `shard ${begun.shard} has ${begun.activity} activities and ${begun.rejection} rejections, its topics ` +
          `${activity[begun.shard]?.end} and ${rejection[begun.shard]?.end}`,
      );
    const shards = left.map(({ shard }) => shard);
    for (const table of BY_SHARD) await this.#mustBeEmpty(table, 'shard = any ($1::smallint[])', [shards]);
    for (const table of EMPTY_TO_THE_END) await this.#mustBeEmpty(table, 'true', []);
    return shards;
  }

  /** How far each input partition was applied, as far as what it led to tells. */
  async greatestCauses(): Promise<GreatestCauses> {
    const rows = await this.#query<{ topic: string; partition: number; greatest: string }>(
      `select topic, partition, max("offset") as greatest from applied_event where topic is not null group by topic, partition`,
    );
    return new Map(rows.map(({ topic, partition, greatest }) => [`${topic}/${partition}`, BigInt(greatest)]));
  }

  async #mustBeEmpty(table: string, where: string, parameters: unknown[]): Promise<void> {
    const [found] = await this.#query<{ some: boolean }>(
      `select exists (select from ${table} where ${where}) as some`,
      parameters,
    );
    if (found!.some) throw notEmpty(`the table ${table} has rows`);
  }

  async #query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.db.query<Row[]>(sql, parameters);
  }
}

function notEmpty(found: string): CliError {
  return new CliError(
    `the database is not empty: ${found}`,
    "Let DATABASE_URL and MIGRATE_DATABASE_URL name a new one, run 'migrate' with SHARDS as the topics have partitions, and rebuild in " +
      'that; nothing was changed here',
  );
}
