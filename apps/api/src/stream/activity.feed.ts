import { type LoggerService } from '@nestjs/common';
import { type ActivityReader } from '#libs/persistence';
import { RecentActivities, recentOf } from './recent.activities';
import { idOf, type Positions, shardsBehind } from './stream.positions';

/** What listens to the feed. Neither may throw. */
export interface Follower {
  /** There are new activities. */
  onNews(): void;
  /** The log is another one: nothing that was read of it counts any more. */
  onReplaced(): void;
}

export interface FeedOptions {
  log: Pick<ActivityReader, 'ends' | 'everything'>;
  shards: number;
  /** Milliseconds between looks at the log when nothing woke it. */
  pollMs: number;
  logger: Pick<LoggerService, 'warn'>;
  /** What is kept of what was read. */
  recentBytes?: number;
  /** Milliseconds between two looks at least, so that what commits in quick succession is read together. */
  settleMs?: number;
}

const RECENT_BYTES = 16 * 1_048_576;
const SETTLE_MS = 25;
const PAGE = { entries: 500, bytes: 4 * 1_048_576 };
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Reads the activity log once for all listeners of this process: a statement to see how far it is, and one a page where it has grown.
 * It goes in rounds, by a poll, which is the truth; being woken only makes the next round come soon. While nobody follows, nothing
 * but the log's ends is read.
 */
export class ActivityFeed {
  readonly recent: RecentActivities;
  readonly #followers = new Set<Follower>();
  #positions: number[] = [];
  /** Who waits for a round that begins after they asked. */
  #asking: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  #woken = false;
  #stopping = false;
  #endPause: (() => void) | undefined;
  #loop: Promise<void> | undefined;

  constructor(private readonly options: FeedOptions) {
    this.recent = new RecentActivities(options.recentBytes ?? RECENT_BYTES);
  }

  /** How far the log was read: all up to here, and nothing behind it, is before `recent.end`. */
  get positions(): Positions {
    return this.#positions;
  }

  /** Resolves when everything that was committed before the call has been read. @throws StoreOutage */
  upToDate(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stopping) {
        reject(new Error('the feed has ended'));
        return;
      }
      this.#asking.push({ resolve, reject });
      this.#loop ??= this.#goRound();
      this.#soon();
    });
  }

  /** The log grew: a hint, which nobody needs to give. */
  wake(): void {
    if (this.#followers.size > 0) this.#soon();
  }

  follow(follower: Follower): void {
    this.#followers.add(follower);
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower);
  }

  /** Begins no other round, and resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#endPause?.();
    await this.#loop;
  }

  #soon(): void {
    this.#woken = true;
    this.#endPause?.();
  }

  async #goRound(): Promise<void> {
    const { pollMs, settleMs = SETTLE_MS, logger } = this.options;
    let failures = 0;
    while (!this.#stopping) {
      const asking = this.#asking.splice(0);
      this.#woken = false;
      let pauseMs = 0;
      try {
        await this.#round();
        asking.forEach(({ resolve }) => resolve());
        failures = 0;
      } catch (error) {
        asking.forEach(({ reject }) => reject(error));
        pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures++, LONGEST_PAUSE_MS);
        logger.warn(`the feed cannot read the log: ${(error as Error).message}; again in ${pauseMs} ms`);
      }
      await this.#pause(Math.max(settleMs, pauseMs), false);
      if (failures === 0 && !this.#woken) await this.#pause(pollMs, true);
    }
    for (const { reject } of this.#asking.splice(0)) reject(new Error('the feed has ended'));
  }

  async #round(): Promise<void> {
    const ends = await this.#ends();
    if (shardsBehind(ends, this.#positions).length > 0) this.#replaced();
    if (this.#followers.size === 0) {
      this.#positions = ends;
      this.recent.clear();
      return;
    }
    for (;;) {
      const behind = shardsBehind(this.#positions, ends);
      if (behind.length === 0 || this.#stopping) return;
      await this.#readPage(behind, ends);
      for (const follower of this.#followers) follower.onNews();
    }
  }

  async #readPage(shards: number[], ends: Positions): Promise<void> {
    const ranges = shards.map((shard) => ({ shard, behind: this.#positions[shard]!, upTo: ends[shard]! }));
    const { entries } = await this.options.log.everything(ranges, PAGE);
    // The log has no gaps: what it does not have below its end, it has lost, and to go on would hide that.
    if (entries.length === 0) throw new Error('the activity log has a gap');
    for (const entry of entries) {
      if (entry.position !== this.#positions[entry.shard]! + 1) throw new Error('the activity log has a gap');
      this.#positions[entry.shard] = entry.position;
      this.recent.add(recentOf(idOf(this.#positions), entry));
    }
  }

  async #ends(): Promise<number[]> {
    const ends = await this.options.log.ends();
    return Array.from({ length: this.options.shards }, (_, shard) => ends.get(shard) ?? 0);
  }

  #replaced(): void {
    for (const follower of [...this.#followers]) follower.onReplaced();
    this.#followers.clear();
  }

  async #pause(ms: number, endsEarly: boolean): Promise<void> {
    if (this.#stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        if (!endsEarly && !this.#stopping) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endPause = undefined;
  }
}
