import { batchesOf } from './batches';
import { FEW_ENTRIES, type LogEntry, type LogName, type LogSource } from './log';
import { type LogTopic } from './log-topic';
import { type Permits } from './permits';
import { RelayStoppedError } from './relay-stopped.error';

/** Where the relay's messages go; Nest's Logger is one. */
export interface RelayLogger {
  log(message: string): void;
  warn(message: string): void;
}

export interface MirrorTuning {
  /** How much of the log is read at once; and the limit of a batch in Kafka, uncompressed. */
  maxBatchEntries: number;
  maxBatchBytes: number;
  /** After so long without an append, the end is looked at again before the next one. */
  lookAgainAfterMs: number;
  /** The pause after a first failure, doubled after each further one up to the longest. */
  firstPauseMs: number;
  longestPauseMs: number;
  /** Milliseconds of the wall clock: unlike a monotonic one, it has moved after a machine was suspended. */
  now: () => number;
}

/** What all mirrors of a relay share. */
export interface MirrorSettings extends MirrorTuning {
  source: LogSource;
  topic: LogTopic;
  logger: RelayLogger;
  reads: Permits;
}

/**
 * Mirrors one shard of one log to its partition. It knows how far the topic has got only from the topic itself: it looks at the
 * end first, and again after whatever might have made its knowledge wrong.
 */
export class ShardMirror {
  /** The last position published, which is the partition's end; null before the first look. */
  #published: number | null = null;
  #mustLook = true;
  #assigned = false;
  #busy = false;
  #missedRound = false;
  #lastAppendAt = 0;
  #failures = 0;
  #pausedUntil = 0;

  constructor(
    readonly log: LogName,
    readonly shard: number,
    private readonly settings: MirrorSettings,
  ) {}

  /** Takes the shard over, from whomever had it: what is remembered of an earlier turn counts for nothing. */
  take(): void {
    this.#assigned = true;
    this.#mustLook = true;
  }

  /** Gives the shard up; a batch under way is finished. */
  leave(): void {
    this.#assigned = false;
  }

  get isAssigned(): boolean {
    return this.#assigned;
  }

  get published(): number | null {
    return this.#published;
  }

  /** Whether it may be told to `advance` now. */
  get isReady(): boolean {
    return this.#assigned && !this.#busy && this.settings.now() >= this.#pausedUntil;
  }

  /** A round goes by that finds it at work: what it is told of it will want to know when it is done. */
  missRound(): void {
    this.#missedRound ||= this.#busy;
  }

  /**
   * Goes one step further: looks at the end if that is needed, else publishes up to `head`.
   *
   * @param head the log's last position, read when this mirror was ready: so the end it knows was seen before the head.
   * @returns whether the head is worth another look at once: it was told of meanwhile, or only now does this know the end.
   * @throws RelayStoppedError, and nothing else: outages are waited out.
   */
  async advance(head: number): Promise<boolean> {
    this.#busy = true;
    this.#missedRound = false;
    try {
      if (this.#mustLook) return await this.#lookAtEnd();
      return (await this.#publishUpTo(head)) || this.#missedRound;
    } catch (error) {
      if (error instanceof RelayStoppedError) throw error;
      this.#backOff(error as Error);
      return false;
    } finally {
      this.#busy = false;
    }
  }

  async #lookAtEnd(): Promise<boolean> {
    const { topic, logger, now } = this.settings;
    this.#mustLook = false; // before the look, so that a take() meanwhile asks for another one
    try {
      const end = await topic.end(this.log, this.shard);
      if (end.last) await this.#checkIsOurs(end.nextOffset, end.last);
      if (this.#published !== null && end.nextOffset < this.#published) {
        logger.warn(
          `${this.#name} has gone back from ${this.#published} to ${end.nextOffset} records: it was made anew, or the broker ` +
            'lost its tail. The log has them all, so they are published again from there',
        );
      }
      this.#published = end.nextOffset;
      this.#lastAppendAt = now();
      return true;
    } catch (error) {
      this.#mustLook = true;
      throw error;
    }
  }

  async #checkIsOurs(
    nextOffset: number,
    last: { position: number | null; id: string | null },
  ): Promise<void> {
    if (last.position !== nextOffset) {
      const found = last.position === null ? 'no position' : `position ${last.position}`;
      throw this.#stop(
        'foreign_record',
        `the record at offset ${nextOffset - 1} has ${found} instead of ${nextOffset}`,
      );
    }
    // A database that was set back may have grown past the end again: then the same position holds another entry.
    // (None there: either it is still behind, which comparing with the head tells, or old entries were dropped.)
    const [entry] = await this.#read(nextOffset - 1, 1);
    if (entry?.position === nextOffset && entry.headers.ce_id !== last.id) {
      throw this.#stop(
        'database_set_back',
        `at position ${nextOffset} the topic has ${last.id ?? 'an event without id'}, the database ${entry.headers.ce_id}`,
      );
    }
  }

  async #publishUpTo(head: number): Promise<boolean> {
    const before = this.#published ?? 0;
    if (head < before) {
      throw this.#stop('database_set_back', `the topic has ${before} entries, the database only ${head}`);
    }
    if (head === before) {
      this.#failures = 0;
      return false;
    }
    if (this.settings.now() - this.#lastAppendAt > this.settings.lookAgainAfterMs) return this.#lookAtEnd();
    if (before === 0)
      this.settings.logger.log(`${this.#name} is empty: publishing the log from position 1 to ${head}`);

    while (this.#published! < head) {
      const entries = await this.#readNext(head);
      for (const batch of batchesOf(entries, this.settings.maxBatchBytes)) {
        if (this.#mustLook || !this.#assigned) return true;
        await this.#append(batch);
      }
    }
    return false;
  }

  async #readNext(head: number): Promise<LogEntry[]> {
    const after = this.#published!;
    const entries = await this.#read(after, Math.min(head - after, this.settings.maxBatchEntries));
    entries.forEach(({ position }, i) => {
      if (position !== after + 1 + i) {
        throw this.#stop(
          'log_incomplete',
          `position ${after + 1 + i} is missing, the next one there is ${position}`,
        );
      }
    });
    if (entries.length === 0)
      throw this.#stop('log_incomplete', `nothing after position ${after}, though the log goes on`);
    return entries;
  }

  async #append(batch: LogEntry[]): Promise<void> {
    const first = batch[0]!.position;
    const result = await this.settings.topic.append(this.log, this.shard, first, batch);
    if (result.outcome !== 'appended') {
      this.#mustLook = true;
      throw new Error(`append at position ${first}: ${result.outcome}`, { cause: result.cause });
    }
    if (result.baseOffset !== first - 1) {
      throw this.#stop(
        'foreign_record',
        `position ${first} came to offset ${result.baseOffset} instead of ${first - 1}`,
      );
    }
    this.#published = first - 1 + batch.length;
    this.#lastAppendAt = this.settings.now();
    this.#failures = 0;
  }

  #read(afterPosition: number, limit: number): Promise<LogEntry[]> {
    const read = (): Promise<LogEntry[]> =>
      this.settings.source.read(this.log, this.shard, afterPosition, limit);
    // A few are read together with other shards', so they take no connection of their own.
    return limit <= FEW_ENTRIES ? read() : this.settings.reads.hold(read);
  }

  #backOff(error: Error): void {
    const { firstPauseMs, longestPauseMs, now, logger } = this.settings;
    const pauseMs = Math.min(firstPauseMs * 2 ** this.#failures++, longestPauseMs);
    this.#pausedUntil = now() + pauseMs;
    const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    logger.warn(`${this.#name}: ${error.message}${cause}; going on in ${pauseMs} ms`);
  }

  #stop(reason: RelayStoppedError['reason'], found: string): RelayStoppedError {
    return new RelayStoppedError(this.settings.topic.nameOf(this.log), this.shard, reason, found);
  }

  get #name(): string {
    return `${this.settings.topic.nameOf(this.log)}/${this.shard}`;
  }
}
