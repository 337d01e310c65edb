import { type Patience } from '../patience';
import { type RawRecord } from '../raw-record';
import { Rehearsal } from './rehearsal';
import { type RehearsalPorts, rehearseRecords } from './rehearse-records';
import { ReplayCounts, type ReplayCountsJson } from './replay.counts';
import { type ReplaySample, ReplaySamples } from './replay.sample';

/** What a rehearsal may keep in memory, roughly: some 400,000 events that are new. */
const MOST_BYTES = 256 * 1024 * 1024;

export interface PlanOptions {
  /** How many records of each kind to show. */
  samples: number;
  /** Whether to show content: values that differ, titles. */
  showValues: boolean;
  /** Whether workers have yet to read a record. */
  isUnread(record: RawRecord): boolean;
  /** Default 256 MiB. */
  mostBytes?: number;
}

/** Works out, chunk by chunk, what a run over the same records in the same order would do. */
export class ReplayPlanning {
  readonly #rehearsal: Rehearsal;
  readonly #counts = new ReplayCounts();
  readonly #samples: ReplaySamples;

  constructor(
    private readonly ports: RehearsalPorts,
    private readonly options: PlanOptions,
  ) {
    this.#rehearsal = new Rehearsal(ports.standing);
    this.#samples = new ReplaySamples({ perKind: options.samples, showValues: options.showValues });
  }

  /** So much is new that what a run would have written no longer fits: what is planned so far holds, and goes no further. */
  get isFull(): boolean {
    return this.#rehearsal.bytes >= (this.options.mostBytes ?? MOST_BYTES);
  }

  /** @throws Interrupted when told to stop while waiting for an outage to end. */
  async take(records: readonly RawRecord[], patience: Patience): Promise<void> {
    for (const replayed of await rehearseRecords(records, this.#rehearsal, this.ports, patience)) {
      this.#counts.add(replayed, this.options.isUnread(replayed.record));
      this.#samples.add(replayed);
    }
  }

  get counts(): ReplayCountsJson {
    return this.#counts.toJSON();
  }

  get samples(): ReplaySample[] {
    return this.#samples.all();
  }
}
