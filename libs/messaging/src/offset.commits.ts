import { type Consumer } from 'kafkajs';
import { keyOf } from './assignment';
import { GrowingPause } from './pause';

/** Whom offsets are committed for. */
export interface CommitsOwner {
  /** Whether the partitions were taken away, or the member stops. */
  isOver(): boolean;
  onWait(what: string): void;
}

/** Between two commits, milliseconds: what is stored meanwhile is said together. */
const COMMIT_EVERY_MS = 100;

/**
 * Tells the group how far its member has stored its partitions, a few times a second and all partitions in one request, for those who
 * watch its lag and for whoever has the partitions next. The truth is the position stored beside the data (invariant 2): what the group
 * has not heard of yet is read again by the next member, and changes nothing. Nobody waits for it: a request for each transaction cost
 * as much as the transaction, and a fetch's other partitions waited for it too.
 */
export class OffsetCommits {
  /** What the group has not heard of, the last offset of each partition. */
  private readonly unheard = new Map<string, { topic: string; partition: number; offset: string }>();
  private saying: Promise<void> | null = null;
  /** The request under way, or the last. */
  private sent: Promise<void> = Promise.resolve();
  private saidAt = -Infinity;

  constructor(
    private readonly consumer: Pick<Consumer, 'commitOffsets'>,
    private readonly topicPrefix: string,
    private readonly owner: CommitsOwner,
  ) {}

  /** Everything before this offset is stored for good; the group hears of it soon, and again until it has heard. */
  stored(topic: string, partition: number, nextOffset: bigint): void {
    const name = this.topicPrefix + topic;
    this.unheard.set(keyOf(topic, partition), { topic: name, partition, offset: String(nextOffset) });
    this.saying ??= this.say().finally(() => (this.saying = null));
  }

  /**
   * Tells the group now, once, when the request under way has ended: kafkajs may try that one again, and an earlier offset must not
   * come after a later one. @throws kafkajs' error.
   */
  flush(): Promise<void> {
    const before = this.sent.catch(() => undefined);
    this.sent = before.then(() => this.send());
    return this.sent;
  }

  private async send(): Promise<void> {
    const said = [...this.unheard];
    if (said.length === 0) return;
    await this.consumer.commitOffsets(said.map(([, offset]) => offset));
    for (const [key, offset] of said) if (this.unheard.get(key) === offset) this.unheard.delete(key);
  }

  private async say(): Promise<void> {
    const pause = new GrowingPause(250, 5_000);
    while (this.unheard.size > 0) {
      const early = Math.max(0, this.saidAt + COMMIT_EVERY_MS - performance.now());
      await new Promise((resolve) => setTimeout(resolve, early));
      if (this.owner.isOver()) return;
      try {
        this.saidAt = performance.now();
        await this.flush();
        pause.reset();
      } catch (error) {
        this.owner.onWait(
          `offsets of ${this.unheard.size} partitions not committed, again in ${pause.nextMs} ms: ${(error as Error).message}`,
        );
        await pause.take();
      }
    }
  }
}
