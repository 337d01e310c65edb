import { type ShardStore } from './shard.store';

/**
 * The same store, whose transactions do everything and are then rolled back: what would come of records can be seen without writing
 * anything, down to what only the database would refuse, which a replay's `Rehearsal` in memory does not foresee. Nothing outside a
 * transaction is stored either.
 */
export function rehearsing(store: ShardStore): ShardStore {
  return {
    async inShard(shard, tenantIds, work) {
      const outcome: { result?: Awaited<ReturnType<typeof work>> } = {};
      const rolledBack = new RolledBack();
      try {
        await store.inShard(shard, tenantIds, async (tx) => {
          outcome.result = await work(tx);
          throw rolledBack;
        });
      } catch (error) {
        if (error !== rolledBack) throw error;
      }
      return outcome.result!;
    },
    storePosition: () => Promise.resolve(),
  };
}

/** Ends a transaction that was only to be seen. */
class RolledBack extends Error {
  override readonly name = 'RolledBack';

  constructor() {
    super('rehearsed and rolled back');
  }
}
