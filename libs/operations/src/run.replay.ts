import { type Kafka } from 'kafkajs';
import {
  type OperationRun,
  type RawRecord,
  ReplayCounts,
  replayRecords,
  type ReplaySample,
  ReplaySamples,
} from '#libs/processing';
import { Pacing } from './pacing';
import { pauseWhile } from './pause';
import { type OperationPorts } from './processing.ports';
import { readRanges, remembering } from './read.ranges';
import { type InputRange, type ReplayParameters, type ReplayProgress } from './replay.operation';

export interface RunOptions {
  kafka: Kafka;
  topicPrefix: string;
  ports: OperationPorts;
  parameters: ReplayParameters;
  /** From where it goes on. */
  before: ReplayProgress;
  isUnread(record: RawRecord): boolean;
  samples: number;
  chunkSize: number;
  onRead(records: number): void;
}

/** An operation that changed nothing lately need not say more often how far it is. */
const REPORT_EVERY_MS = 1_000;

/** A run of a replay: applies what was missed, chunk by chunk. */
export class ReplayRun {
  readonly #counts: ReplayCounts;
  readonly #samples: ReplaySamples;
  readonly #ranges: InputRange[];
  #read: number;
  #selected: number;
  failure?: string;

  constructor(private readonly options: RunOptions) {
    const { before, samples } = options;
    this.#counts = new ReplayCounts(before.counts);
    this.#samples = new ReplaySamples({ perKind: samples, showValues: false });
    this.#ranges = before.ranges.map((range) => ({ ...range }));
    [this.#read, this.#selected] = [before.read, before.selected];
  }

  get progress(): ReplayProgress {
    return {
      ranges: this.#ranges.map((range) => ({ ...range })),
      read: this.#read,
      selected: this.#selected,
      counts: this.#counts.toJSON(),
      ...(this.failure !== undefined && { failure: this.failure }),
    };
  }

  get samples(): ReplaySample[] {
    return this.#samples.all();
  }

  /** @throws OperationStopped when it is asked to stop. */
  async through(run: OperationRun<ReplayProgress>): Promise<void> {
    const { kafka, topicPrefix, parameters } = this.options;
    const ports = { ...this.options.ports, intake: remembering(this.options.ports.intake) };
    const { patience } = run;
    const pacing = new Pacing(parameters.rate, Date.now, (ms) => pauseWhile(ms, () => patience.isRunning()));
    let reportedAt = Date.now();
    const reading = {
      kafka,
      topicPrefix,
      ranges: this.#ranges,
      filter: parameters.selection.filter,
      intake: ports.intake,
      chunkSize: Math.min(this.options.chunkSize, pacing.batch),
      isRunning: () => patience.isRunning(),
      onWait: (error: Error, pauseMs: number) => patience.onWait?.(error, pauseMs),
    };
    await readRanges(reading, async ({ range, records, read, next }) => {
      let changed = false;
      if (records.length > 0) {
        await pacing.admit(records.length);
        run.throwIfAsked();
        for (const replayed of await replayRecords(records, ports, patience)) {
          this.#counts.add(replayed, this.options.isUnread(replayed.record));
          this.#samples.add(replayed);
          changed ||= replayed.verdict.kind === 'new';
        }
      }
      range.next = next;
      this.#read += read;
      this.#selected += records.length;
      this.options.onRead(read);
      if (changed || Date.now() - reportedAt >= REPORT_EVERY_MS) {
        await run.checkpoint();
        reportedAt = Date.now();
      }
      run.throwIfAsked();
    });
  }
}
