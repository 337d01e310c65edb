import {
  type InputPosition,
  type ShardStore,
  type ShardTransaction,
  StoreConflict,
  StoreOutage,
} from '#libs/processing';
import { type Instruments } from './metric.instruments';

/** A `ShardStore` whose transactions are timed and counted by how they ended. */
export class MeteredShardStore implements ShardStore {
  constructor(
    private readonly store: ShardStore,
    private readonly instruments: Pick<Instruments, 'transactionDuration' | 'transactions'>,
  ) {}

  async inShard<T>(
    shard: number,
    tenantIds: string[],
    work: (tx: ShardTransaction) => Promise<T>,
  ): Promise<T> {
    const { transactions, transactionDuration } = this.instruments;
    const began = performance.now();
    try {
      const result = await this.store.inShard(shard, tenantIds, work);
      transactionDuration.observe((performance.now() - began) / 1_000);
      transactions.inc({ result: 'committed' });
      return result;
    } catch (error) {
      transactions.inc({ result: resultOf(error) });
      throw error;
    }
  }

  storePosition(position: InputPosition): Promise<void> {
    return this.store.storePosition(position);
  }
}

function resultOf(error: unknown): 'conflict' | 'outage' | 'failed' {
  if (error instanceof StoreConflict) return 'conflict';
  return error instanceof StoreOutage ? 'outage' : 'failed';
}
