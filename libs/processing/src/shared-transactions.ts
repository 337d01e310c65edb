import { type InputPosition } from './input-position';
import {
  type ShardStore,
  type ShardTransaction,
  type ShardTransactions,
  type ShardWork,
  StoreOutage,
} from './shard.store';

export interface SharingTuning {
  /** Transactions under way at once; half of them, rounded up, while all work may share. */
  atOnce: number;
  /** Events in a shared transaction at most: what the locks are held for is to stay within tens of milliseconds. */
  mostEvents: number;
  /** How many times as long as one took that was shared is left to others before the next one, where that is not full. */
  rest: number;
  /** Milliseconds from the beginning of one to that of the next at most, on a machine that is slow. */
  longestApartMs: number;
}

/**
 * Measured beside lists and commands over HTTP with 1,000,000 tasks, two cores for all: with 100 and 2, commands at half load had a p99
 * of 249 ms, with 50 and 3 of 141.
 */
const TUNING: SharingTuning = { atOnce: 4, mostEvents: 50, rest: 3, longestApartMs: 100 };

interface Waiting extends ShardWork {
  /** Infinite for what shares with nobody. */
  size: number;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * A `ShardStore` in which small work of different shards shares transactions (ADR 35). A transaction costs much the same for one event
 * and for a hundred, and a fetch brings a few events of each partition.
 *
 * Work that fails with others is done again by itself, so whose fault it was never matters; an outage is everybody's.
 */
export class SharedTransactions implements ShardStore {
  #waiting: Waiting[] = [];
  readonly #tuning: SharingTuning;
  #underWay = 0;
  #restsUntil = -Infinity;
  /** Set while the next beginning is a turn of the event loop away, or a pause. */
  #beginning: 'at once' | NodeJS.Timeout | null = null;

  constructor(
    private readonly store: Pick<ShardTransactions, 'inShards' | 'storePosition'>,
    tuning: Partial<SharingTuning> = {},
  ) {
    this.#tuning = { ...TUNING, ...tuning };
  }

  inShard<T>(
    shard: number,
    tenantIds: string[],
    work: (tx: ShardTransaction) => Promise<T>,
    size = Infinity,
  ): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.push({ shard, tenantIds, work, size, resolve, reject });
      this.#schedule();
    }) as Promise<T>;
  }

  storePosition(position: InputPosition): Promise<void> {
    return this.store.storePosition(position);
  }

  /** Not at once: the other partitions of the same fetch come in this turn of the event loop. */
  #schedule(): void {
    if (this.#waiting.length === 0 || this.#underWay >= this.#mostUnderWay()) return;
    const isEnough = sizeOf(this.#waiting) >= this.#tuning.mostEvents;
    const pauseMs = isEnough ? 0 : this.#restsUntil - performance.now();
    if (this.#beginning === 'at once' || (this.#beginning && pauseMs > 0)) return;
    if (this.#beginning) clearTimeout(this.#beginning);
    this.#beginning = pauseMs > 0 ? setTimeout(() => this.#begin(), pauseMs) : 'at once';
    if (this.#beginning === 'at once') setImmediate(() => this.#begin());
  }

  /**
   * Half of them while all work may share: where cores are busy, more at once make each last longer, and whoever waits for its shards
   * with it. A backlog has all of them.
   */
  #mostUnderWay(): number {
    const { atOnce, mostEvents } = this.#tuning;
    return this.#waiting.every(({ size }) => size <= mostEvents) ? Math.ceil(atOnce / 2) : atOnce;
  }

  #begin(): void {
    this.#beginning = null;
    const works = this.#next();
    this.#underWay += 1;
    void this.#run(works);
    this.#schedule();
  }

  async #run(works: readonly Waiting[]): Promise<void> {
    const began = performance.now();
    const [done] = await Promise.allSettled([this.store.inShards(works)]);
    this.#underWay -= 1;
    if (works.length > 1) this.#rest(began);
    if (done.status === 'fulfilled') works.forEach(({ resolve }, i) => resolve(done.value[i]));
    else this.#failed(works, done.reason);
    this.#schedule();
  }

  #failed(works: readonly Waiting[], error: unknown): void {
    if (works.length === 1 || error instanceof StoreOutage) works.forEach(({ reject }) => reject(error));
    else this.#waiting.unshift(...works.map((each) => ({ ...each, size: Infinity })));
  }

  /**
   * Where cores are busy, transactions of few events would otherwise follow one another all along, ahead of whoever reads. What comes
   * one at a time shares nothing and waits for nothing.
   */
  #rest(began: number): void {
    const now = performance.now();
    const { rest, longestApartMs } = this.#tuning;
    this.#restsUntil = Math.min(began + longestApartMs, now + rest * (now - began));
  }

  /** Who waits longest, and whoever else fits in with it. */
  #next(): Waiting[] {
    const { mostEvents } = this.#tuning;
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    for (const each of this.#waiting) {
      const fits = taken.length === 0 || sizeOf(taken) + each.size <= mostEvents;
      const isOfAnother = taken.every(({ shard }) => shard !== each.shard);
      (fits && isOfAnother ? taken : left).push(each);
    }
    this.#waiting = left;
    return taken;
  }
}

function sizeOf(works: readonly Waiting[]): number {
  return works.reduce((sum, { size }) => sum + size, 0);
}
