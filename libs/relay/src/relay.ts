import { type LogHeads, type LogName, type LogSource } from './log';
import { type LogTopic } from './log-topic';
import { Permits } from './permits';
import { type RelayStoppedError } from './relay-stopped.error';
import { type MirrorSettings, type MirrorTuning, type RelayLogger, ShardMirror } from './shard.mirror';

const LOGS: LogName[] = ['activity', 'rejection'];

export interface RelayOptions extends Partial<RelayTuning> {
  source: LogSource;
  topic: LogTopic;
  logger: RelayLogger;
  /** Called once, when topic and log contradict each other: publishing has ended, and the process should. */
  onStopped: (error: RelayStoppedError) => void;
}

export interface RelayTuning extends MirrorTuning {
  /** How often the logs' heads are read without being woken. */
  pollMs: number;
  /** Reads of the logs under way at once: each takes a database connection. */
  maxReads: number;
}

const TUNING: RelayTuning = {
  pollMs: 500,
  maxReads: 4,
  maxBatchEntries: 500,
  maxBatchBytes: 1_000_000, // the topics' limit is 1 MiB
  lookAgainAfterMs: 5_000, // far below the day after which a broker forgets a producer; notices a topic made anew
  firstPauseMs: 100,
  longestPauseMs: 10_000,
  now: Date.now,
};

/**
 * Mirrors the logs of the shards it is given to their topics: position p becomes offset p − 1, none left out, none twice.
 *
 * It goes in rounds: read how far the logs are (`heads`), and set every mirror that is behind to work; a round does not wait for
 * them, so a partition without a leader holds up no other. Rounds come by a poll, which is the truth; `wake` only makes the next
 * one come at once. Two relays may have the same shard for a while (a rebalance, a process that was paused): the topic's fence
 * lets each entry through once, and the one that is refused looks at the end and goes on from there.
 */
export class Relay {
  readonly #mirrors: ShardMirror[] = [];
  readonly #working = new Set<Promise<void>>();
  readonly #settings: MirrorSettings & RelayTuning;
  #loop: Promise<void> | undefined;
  #stopping = false;
  #woken = false;
  /** As read last. */
  #heads: LogHeads | null = null;
  #endPause: (() => void) | undefined;

  constructor(private readonly options: RelayOptions) {
    const tuning = { ...TUNING, ...options };
    this.#settings = { ...tuning, reads: new Permits(tuning.maxReads) };
  }

  /** From now on relays just these shards, both logs of each. Call it with every assignment of the group. */
  assign(shards: number[]): void {
    const wanted = new Set(shards);
    for (const mirror of this.#mirrors) {
      if (wanted.has(mirror.shard)) mirror.take();
      else mirror.leave();
    }
    const known = new Set(this.#mirrors.map(({ shard }) => shard));
    for (const shard of wanted) if (!known.has(shard)) this.#addMirrors(shard);
    this.#loop ??= this.#goRound();
    this.wake();
  }

  /** Something was committed, in this shard if one is given. A hint: many calls make one round, and none are needed. */
  wake(shard?: number): void {
    if (shard !== undefined && !this.#mirrors.some((mirror) => mirror.shard === shard && mirror.isAssigned))
      return;
    this.#woken = true;
    this.#endPause?.();
  }

  /** The last position known to be in the topic, by log and assigned shard; without the shards not yet looked at. */
  published(): Map<LogName, Map<number, number>> {
    const positions = new Map(LOGS.map((log) => [log, new Map<number, number>()]));
    for (const { log, shard, isAssigned, published } of this.#mirrors) {
      if (isAssigned && published !== null) positions.get(log)!.set(shard, published);
    }
    return positions;
  }

  /**
   * How many entries each assigned shard's logs had, when they were last looked at, that are not in the topic; without the shards
   * not yet looked at.
   */
  distances(): { log: LogName; shard: number; entries: number }[] {
    const heads = this.#heads;
    if (!heads) return [];
    return [...this.published()].flatMap(([log, shards]) =>
      [...shards].map(([shard, published]) => {
        const head = heads[log].get(shard) ?? 0;
        return { log, shard, entries: Math.max(0, head - published) };
      }),
    );
  }

  /**
   * Starts no further batch and resolves when those under way are finished, or after `withinMs`: what a broker that does not
   * answer still holds is given up then, and harmless, since whoever goes on looks at the end and the fence does the rest.
   */
  async stop(withinMs = 10_000): Promise<void> {
    this.#end();
    await this.#loop;
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
    await Promise.race([Promise.all(this.#working), enough]);
    clearTimeout(timer);
  }

  #addMirrors(shard: number): void {
    for (const log of LOGS) {
      const mirror = new ShardMirror(log, shard, this.#settings);
      mirror.take();
      this.#mirrors.push(mirror);
    }
  }

  async #goRound(): Promise<void> {
    const { pollMs, firstPauseMs, longestPauseMs, logger } = this.#settings;
    let failures = 0;
    while (!this.#stopping) {
      this.#woken = false;
      try {
        await this.#round();
        failures = 0;
        if (!this.#woken) await this.#pause(pollMs);
      } catch (error) {
        const pauseMs = Math.min(firstPauseMs * 2 ** failures++, longestPauseMs);
        logger.warn(`cannot read how far the logs are: ${(error as Error).message}; again in ${pauseMs} ms`);
        await this.#pause(pauseMs);
      }
    }
  }

  /** Only mirrors that were ready before the heads are read take part: what they know of the end is older than the head. */
  async #round(): Promise<void> {
    const ready = this.#mirrors.filter((mirror) => mirror.isReady);
    for (const mirror of this.#mirrors) mirror.missRound();
    if (ready.length === 0) return;
    const heads = (this.#heads = await this.options.source.heads());
    for (const mirror of ready) {
      if (this.#stopping) return;
      this.#setToWork(mirror, heads[mirror.log].get(mirror.shard) ?? 0);
    }
  }

  #setToWork(mirror: ShardMirror, head: number): void {
    const work: Promise<void> = mirror
      .advance(head)
      .then((moved) => (moved ? this.wake() : undefined))
      .catch((error: RelayStoppedError) => this.#stopFor(error))
      .finally(() => this.#working.delete(work));
    this.#working.add(work);
  }

  #stopFor(error: RelayStoppedError): void {
    if (this.#stopping) return;
    this.#end();
    this.options.onStopped(error);
  }

  #end(): void {
    this.#stopping = true;
    for (const mirror of this.#mirrors) mirror.leave();
    this.#endPause?.();
  }

  async #pause(ms: number): Promise<void> {
    if (this.#stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endPause = undefined;
  }
}
