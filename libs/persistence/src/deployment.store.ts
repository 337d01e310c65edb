import { type DataSource } from 'typeorm';
import { type ProducerIdentity } from '#libs/relay';
import { queryRows } from './transaction';
import { UnfitDatabase } from './start-up.checks';

/** What was fixed when the topics were made. */
export interface Deployment {
  /** N: the number of shards, and of partitions of every topic but the workforce's. */
  shards: number;
  /** What the relay publishes with, so that the broker can refuse a copy or a gap (invariant 3). */
  producerId: string;
  epoch: number;
}

/** The deployment's one row. */
export class DeploymentStore implements ProducerIdentity {
  constructor(private readonly dataSource: DataSource) {}

  /** Null before the first `migrate`. */
  async find(): Promise<Deployment | null> {
    const [row] = await queryRows<Deployment>(
      this.dataSource,
      `select shards, producer_id as "producerId", producer_epoch as epoch from deployment`,
    );
    return row ?? null;
  }

  /** @throws UnfitDatabase before the first `migrate`. */
  async load(): Promise<Deployment> {
    const deployment = await this.find();
    if (!deployment)
      throw new UnfitDatabase(`the deployment has no topics yet: run 'npm run cli -- migrate' first`);
    return deployment;
  }

  /** How many rejections are not in the database, which was rebuilt when their topic no longer had them. */
  async rejectionsGone(): Promise<number> {
    const [row] = await queryRows<{ gone: string }>(
      this.dataSource,
      'select coalesce(sum(rejection_base), 0) as gone from shard_head',
    );
    return Number(row!.gone);
  }

  /** Stores what was fixed, once, with the heads of its empty logs; as the owner. What is stored already stays. */
  async create({ shards, producerId, epoch }: Deployment): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query(
        `insert into deployment (id, shards, producer_id, producer_epoch) values (1, $1, $2, $3) on conflict do nothing`,
        [shards, producerId, epoch],
      );
      await manager.query(
        `insert into shard_head (shard) select generate_series(0, (select shards from deployment) - 1) on conflict do nothing`,
      );
    });
  }
}
