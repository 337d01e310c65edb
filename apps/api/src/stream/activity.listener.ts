import { type ServerResponse } from 'node:http';
import { type ActivityReader } from '#libs/persistence';
import { type ActivityFeed, type Follower } from './activity.feed';
import { firstFrame, keepAliveFrame } from './event.frame';
import { type RecentActivity, recentOf } from './recent.activities';
import { idOf, type Positions, shardsBehind } from './stream.positions';

/** Which activities a listener is given: the tenant's, and of these what was asked for. */
export interface Wanted {
  tenantId: string;
  taskId?: string;
  conversationId?: string;
  type?: readonly string[];
}

/** Why a stream ended; `client`: the other side left. */
export type StreamEnd = 'client' | 'expired' | 'slow' | 'stopped' | 'failed' | 'replaced';

/** What is held for a listener that catches up: an entry at least, however large. */
const PAGE = { entries: 64, bytes: 256 * 1_024 };
/** Entries of a shard that a statement looks through at most: a tenant may have few of them. */
const STRETCH = 2_000;
/** Keep-alives for which a listener may take nothing at all. */
const IDLE_KEEP_ALIVES = 2;
/** What a listener has for taking the last it was sent. */
const LAST_WORDS_MS = 1_000;

/**
 * One stream. It catches up, where it resumes, by reading its tenant's entries up to where the feed is, and then goes on with what the
 * feed reads, from that very place: so nothing is left out and nothing comes twice. It holds nothing but what its socket has not taken,
 * which is at most the socket's mark and one frame; further ones wait in the log, or in what all listeners share.
 */
export class ActivityListener implements Follower {
  /** Its place in what the feed has read; null while it catches up. */
  #place: number | null = null;
  /** While it catches up: what it has been given. */
  #given: number[] = [];
  /** Whether the socket has more than it takes. */
  #isFull = false;
  #fullFor = 0;
  #onDrain: (() => void) | undefined;
  #ended = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly wanted: Wanted,
    private readonly feed: ActivityFeed,
    private readonly log: Pick<ActivityReader, 'ofTenant'>,
    private readonly onEnd: (why: StreamEnd, error?: unknown) => void,
  ) {
    response.on('drain', () => this.#drained());
    response.on('close', () => this.end('client'));
    // A write after the other side has left; that it left is told by `close`.
    response.on('error', () => undefined);
  }

  /** @param positions what it was given before: not beyond the feed's. */
  start(positions: Positions): void {
    const id = idOf(positions);
    this.#given = [...positions];
    this.feed.follow(this);
    this.#write(firstFrame(id));
    const place = this.feed.recent.behind(id);
    if (place !== undefined) this.#goLive(place);
    else void this.#catchUp().catch((error: unknown) => this.end('failed', error));
  }

  onNews(): void {
    if (this.#place === null) return;
    if (!this.#isFull) this.#send();
    else if (!this.feed.recent.has(this.#place)) this.end('slow');
  }

  onReplaced(): void {
    this.end('replaced');
  }

  /** Says that the stream is there still; ends one that takes nothing. */
  keepAlive(): void {
    if (this.#isFull) {
      this.#fullFor += 1;
      if (this.#fullFor >= IDLE_KEEP_ALIVES) this.end('slow');
      return;
    }
    // Live and not full it has been given all that the feed has read.
    this.#write(keepAliveFrame(idOf(this.#place === null ? this.#given : this.feed.positions)));
  }

  end(why: StreamEnd, error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.feed.leave(this);
    this.#onDrain?.();
    this.onEnd(why, error);
    if (why === 'slow') {
      this.response.destroy();
      return;
    }
    this.response.end();
    setTimeout(() => this.response.destroy(), LAST_WORDS_MS).unref();
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      const ends = [...this.feed.positions];
      const place = this.feed.recent.end;
      for (;;) {
        const behind = shardsBehind(this.#given, ends);
        if (behind.length === 0) break;
        await this.#givePage(behind, ends);
        if (this.#ended) return;
      }
      if (!this.feed.recent.has(place)) continue;
      this.#goLive(place);
      return;
    }
  }

  async #givePage(shards: number[], ends: Positions): Promise<void> {
    const ranges = shards.map((shard) => {
      const behind = this.#given[shard]!;
      return { shard, behind, upTo: Math.min(ends[shard]!, behind + STRETCH) };
    });
    const { entries, isAll } = await this.log.ofTenant(this.wanted.tenantId, ranges, PAGE);
    const last = isAll ? Infinity : entries.at(-1)!.shard;
    let next = 0;
    for (const { shard, upTo } of ranges) {
      for (; entries[next]?.shard === shard; next += 1) {
        const entry = entries[next]!;
        this.#given[shard] = entry.position;
        this.#write(this.#wantedFrame(recentOf(idOf(this.#given), entry)));
        if (this.#isFull) await new Promise<void>((resolve) => (this.#onDrain = resolve));
        if (this.#ended) return;
      }
      if (shard < last) this.#given[shard] = upTo;
    }
  }

  #goLive(place: number): void {
    this.#place = place;
    this.#given = [];
    if (!this.#isFull) this.#send();
  }

  /** Sends what is behind its place, as long as the socket takes it. */
  #send(): void {
    const { recent } = this.feed;
    while (!this.#isFull && !this.#ended && this.#place! < recent.end) {
      const activity = recent.at(this.#place!);
      if (!activity) {
        this.end('slow');
        return;
      }
      this.#place! += 1;
      this.#write(this.#wantedFrame(activity));
    }
  }

  #wantedFrame(activity: RecentActivity): Buffer | null {
    const { tenantId, taskId, conversationId, type } = this.wanted;
    const isWanted =
      activity.tenantId === tenantId &&
      (taskId === undefined || activity.taskId === taskId) &&
      (conversationId === undefined || activity.conversationId === conversationId) &&
      (type === undefined || type.includes(activity.type));
    return isWanted ? activity.frame : null;
  }

  #write(frame: Buffer | string | null): void {
    if (frame === null || this.#ended) return;
    this.#isFull = !this.response.write(frame);
  }

  #drained(): void {
    this.#isFull = false;
    this.#fullFor = 0;
    this.#onDrain?.();
    this.#onDrain = undefined;
    if (this.#place !== null) this.#send();
  }
}
