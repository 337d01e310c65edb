import {
  type InputPosition,
  ShardTransactions,
  type ShardWork,
  StoreConflict,
  StoreOutage,
} from '#libs/processing';
import { type Instruments } from './metric.instruments';

/** `ShardTransactions` that are timed, and counted by how they ended. */
export class MeteredShardStore extends ShardTransactions {
  constructor(
    private readonly store: ShardTransactions,
    private readonly instruments: Pick<Instruments, 'transactionDuration' | 'transactions'>,
  ) {
    super();
  }

  async inShards(works: readonly ShardWork[]): Promise<unknown[]> {
    const { transactions, transactionDuration } = this.instruments;
    const began = performance.now();
    try {
      const results = await this.store.inShards(works);
      transactionDuration.observe((performance.now() - began) / 1_000);
      transactions.inc({ result: 'committed' });
      return results;
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
