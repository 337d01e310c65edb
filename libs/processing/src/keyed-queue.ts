/**
 * Runs work of one key strictly one after another, and work of different keys side by side. In a process, work for a shard
 * queues here before it takes a connection: waiters on the shard's lock in the database would each hold one.
 */
export class KeyedQueue<K> {
  readonly #tails = new Map<K, Promise<unknown>>();

  /** Resolves or rejects as `work` does. */
  async run<T>(key: K, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#tails.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(key) === mine) this.#tails.delete(key);
    }
  }
}
