import { type ShardPorts } from '../process-batch';
import { StoreOutage } from '../shard.store';
import { retryConflicts } from '../store-conflict.retry';
import { applyRequests } from './apply-requests';
import { type Answer, type TaskRequest } from './request';

export type RequestPorts = ShardPorts & { shardOf(conversationId: string): number };

/** Requests in one transaction at most: what a shard's lock is held for is to stay within tens of milliseconds. */
const MOST_TOGETHER = 100;
/** Requests that may wait in this process; one more is told to come again. */
const MOST_WAITING = 2_000;

interface Waiting {
  request: TaskRequest;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** There are more requests than can be applied: come again. Nothing of this one was done. */
export class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting';
}

/** Takes requests and gives each its answer; those that wait for the same shard share its next transaction. */
export class RequestDesk {
  readonly #waiting = new Map<number, Waiting[]>();
  #count = 0;

  constructor(private readonly ports: RequestPorts) {}

  /**
   * @returns what became of it.
   * @throws TooManyWaiting, StoreOutage (it may have been applied: its identity tells), or what else kept it from being applied.
   */
  submit(request: TaskRequest): Promise<Answer> {
    if (this.#count >= MOST_WAITING) {
      return Promise.reject(new TooManyWaiting(`${this.#count} requests wait already`));
    }
    const shard = this.ports.shardOf(request.event.conversationId);
    return new Promise((resolve, reject) => {
      this.#count += 1;
      const waiting = this.#waiting.get(shard);
      if (waiting) waiting.push({ request, resolve, reject });
      else {
        this.#waiting.set(shard, [{ request, resolve, reject }]);
        void this.#serve(shard);
      }
    });
  }

  /** Serves the shard until nobody waits for it. Never rejects. */
  async #serve(shard: number): Promise<void> {
    await this.ports.queue.run(shard, async () => {
      for (let own = this.#next(shard); own.length > 0; own = this.#next(shard)) {
        await this.#together(shard, own);
        this.#count -= own.length;
      }
    });
  }

  /** Those who come next; when there are none, the next to come begins anew. */
  #next(shard: number): Waiting[] {
    const waiting = this.#waiting.get(shard) ?? [];
    if (waiting.length === 0) this.#waiting.delete(shard);
    return waiting.splice(0, MOST_TOGETHER);
  }

  async #together(shard: number, own: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.#apply(
        shard,
        own.map(({ request }) => request),
      );
      own.forEach(({ resolve }, i) => resolve(answers[i]!));
      this.ports.committed?.(shard);
    } catch (error) {
      // An outage is everybody's; anything else is one request's fault, and the others are not to pay for it.
      if (own.length === 1 || error instanceof StoreOutage) return own.forEach(({ reject }) => reject(error));
      for (const one of own) await this.#together(shard, [one]);
    }
  }

  #apply(shard: number, requests: readonly TaskRequest[]): Promise<Answer[]> {
    const { store } = this.ports;
    const tenants = [...new Set(requests.map(({ event }) => event.tenantId))];
    return retryConflicts(() =>
      store.inShard(shard, tenants, (tx) => applyRequests(requests, tx, this.ports)),
    );
  }
}
