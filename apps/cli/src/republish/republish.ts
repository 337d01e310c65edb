import { isBrokerOutage } from '#libs/messaging';
import { Interrupted, type OperationRun, waitOutOutages } from '#libs/processing';
import { type LogEntry, type LogSource } from '#libs/relay';
import { CliError } from '../cli.error';
import { Pacing, pause, pauseWhile } from '#libs/operations';
import { type RepublishTarget } from './republish.target';

/** What an operation `republish` was asked to do. */
export interface RepublishParameters {
  /** The target, without the deployment's prefix. */
  topic: string;
  /** Null: all. */
  shards: number[] | null;
  /** Positions; `toPosition` is not included. */
  fromPosition: number | null;
  toPosition: number | null;
  /** RFC 3339, compared with when an activity was recorded; `to` is not included. */
  from: string | null;
  to: string | null;
  tenant: string | null;
  /** Activities a second; null for as fast as it goes. */
  rate: number | null;
}

/** Positions [next, to) of one shard's log, and where the target's partition ends after what was written of it. */
export interface ShardRange {
  shard: number;
  to: number;
  next: number;
  targetEnd: number;
}

/** How far it got. */
export interface RepublishProgress {
  ranges: ShardRange[];
  written: number;
  /** What ended it, when it failed. */
  failure?: string;
}

export interface RepublishOptions {
  source: LogSource;
  target: Pick<RepublishTarget, 'topic' | 'ends' | 'positionAt' | 'write'>;
  parameters: RepublishParameters;
  /** From where it goes on. */
  before: RepublishProgress;
  batchSize: number;
  onPassed(positions: number): void;
}

/** The ranges of a republishing, up to where the logs end now. */
export async function startOf(
  source: LogSource,
  target: Pick<RepublishTarget, 'ends'>,
  { shards, fromPosition, toPosition }: RepublishParameters,
): Promise<RepublishProgress> {
  const heads = (await source.heads()).activity;
  const ends = await target.ends();
  const ranges = [...heads]
    .filter(([shard]) => !shards || shards.includes(shard))
    .sort(([a], [b]) => a - b)
    .map(([shard, head]) => ({
      shard,
      to: Math.min(head + 1, toPosition ?? Infinity),
      next: Math.max(1, fromPosition ?? 1),
      targetEnd: ends[shard]!,
    }));
  return { ranges, written: 0 };
}

/** How many positions are still to be gone through. */
export function positionsLeft(ranges: readonly ShardRange[]): number {
  return ranges.reduce((sum, { next, to }) => sum + Math.max(0, to - next), 0);
}

const LONGEST_PAUSE_MS = 5_000;

/**
 * Writes the activity log to another topic: shard after shard in log order, the very records the relay writes. When it goes on, after
 * a kill or after the broker was away, the target's end says what is there: so nothing is there twice, as long as nobody else
 * writes to it.
 */
export class Republishing {
  readonly #ranges: ShardRange[];
  #written: number;
  failure?: string;

  constructor(private readonly options: RepublishOptions) {
    this.#ranges = options.before.ranges.map((range) => ({ ...range }));
    this.#written = options.before.written;
  }

  get progress(): RepublishProgress {
    return {
      ranges: this.#ranges.map((range) => ({ ...range })),
      written: this.#written,
      ...(this.failure !== undefined && { failure: this.failure }),
    };
  }

  /** @throws OperationStopped when it is asked to stop. */
  async through(run: OperationRun<RepublishProgress>): Promise<void> {
    const pacing = new Pacing(this.options.parameters.rate, Date.now, (ms) =>
      pauseWhile(ms, () => run.patience.isRunning()),
    );
    for (let pauseMs = 250; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        await this.#lookAtTarget();
        for (const range of this.#ranges) await this.#range(range, run, pacing);
        return;
      } catch (error) {
        if (!isBrokerOutage(error)) throw error;
        if (!run.patience.isRunning())
          throw new Interrupted('stopped while waiting for the broker', { cause: error });
        run.patience.onWait?.(error as Error, pauseMs);
        await pause(pauseMs);
      }
    }
  }

  async #range(range: ShardRange, run: OperationRun<RepublishProgress>, pacing: Pacing): Promise<void> {
    const { source, target, batchSize, onPassed } = this.options;
    const limit = Math.min(batchSize, pacing.batch);
    while (range.next < range.to) {
      run.throwIfAsked();
      const read = await waitOutOutages(
        () => source.read('activity', range.shard, range.next - 1, Math.min(limit, range.to - range.next)),
        run.patience,
      );
      const last = read.at(-1);
      if (!last)
        throw new CliError(`the log of shard ${range.shard} has nothing at position ${range.next}`, 'verify');
      const meant = read.filter((entry) => this.#isMeant(entry));
      if (meant.length > 0) {
        await pacing.admit(meant.length);
        // It may have stood still for so long that another process has taken it over.
        await run.checkpoint();
        await target.write(range.shard, meant);
      }
      onPassed(last.position + 1 - range.next);
      range.next = last.position + 1;
      range.targetEnd += meant.length;
      this.#written += meant.length;
    }
  }

  /** Finds what was written after the last report: the process was killed, or the broker's answer was lost. */
  async #lookAtTarget(): Promise<void> {
    const { target, onPassed } = this.options;
    const ends = await target.ends();
    for (const range of this.#ranges) {
      const end = ends[range.shard] ?? 0;
      if (end === range.targetEnd || range.next >= range.to) continue;
      const position = end > range.targetEnd ? await target.positionAt(range.shard, end - 1) : null;
      if (position === null || position < range.next || position >= range.to) {
        throw new CliError(
          `${target.topic}/${range.shard} ends at offset ${end}, and this wrote it to ${range.targetEnd}: somebody else writes there, or made it anew`,
          'Republish to a topic of its own',
        );
      }
      onPassed(position + 1 - range.next);
      this.#written += end - range.targetEnd;
      Object.assign(range, { next: position + 1, targetEnd: end });
    }
  }

  #isMeant({ headers }: LogEntry): boolean {
    const { tenant, from, to } = this.options.parameters;
    const recorded = headers.ce_recordedtime!;
    return (
      (tenant === null || headers.ce_tenantid === tenant) &&
      (from === null || recorded >= from) &&
      (to === null || recorded < to)
    );
  }
}
