import { StoreConflict } from './shard.store';

/** How often a transaction that lost a race for a unique key reads and decides again before it is given up. */
const CONFLICT_RETRIES = 3;

/** Does `work`, a transaction, anew as long as others take unique keys from under it. @throws StoreConflict when they do again and again. */
export async function retryConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreConflict) || attempt > CONFLICT_RETRIES) throw error;
    }
  }
}
