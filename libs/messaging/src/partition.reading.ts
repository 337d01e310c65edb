import { fingerprintOf, type RawRecord } from '#libs/processing';
import { InputPositionError, type StartPosition } from './start-position';

/** How one partition is being read since it was assigned: what may come next, and what must not come at all. */
export class PartitionReading {
  private next: bigint;
  private check: StartPosition['check'];
  /** Placed a moment ago: the broker has everything from there, so a gap is compaction or a transaction's marker. */
  private fresh = true;
  private stepsDone = 0;

  constructor(private readonly start: StartPosition) {
    this.next = start.readFrom;
    this.check = start.check;
  }

  /**
   * Whether a fetch that begins at this offset continues what was read. When it does not, kafkajs may have jumped (it does so
   * silently when an offset is out of range): the partition must be placed again.
   */
  continuesAt(firstOffset: bigint): boolean {
    return firstOffset === this.next || (this.fresh && firstOffset > this.next);
  }

  /**
   * Takes note of fetched records and returns those to hand on, without the one that was only read to be checked.
   *
   * @throws InputPositionError when the record last read before is another one now.
   */
  admit(records: readonly RawRecord[]): RawRecord[] {
    for (const record of this.check ? records : []) {
      const offset = BigInt(record.offset);
      if (this.check === null || offset < this.check.offset) continue;
      // Absent (compacted away) tells nothing.
      if (offset === this.check.offset && fingerprintOf(record) !== this.check.fingerprint) {
        throw new InputPositionError(
          record.topic,
          record.partition,
          `the record at offset ${offset} to have fingerprint ${this.check.fingerprint}`,
          `another record there, with fingerprint ${fingerprintOf(record)}`,
        );
      }
      this.check = null;
    }
    const own = records.filter(({ offset }) => BigInt(offset) >= this.start.startAt);
    // The record to be checked alone is no beginning: what follows it may be a long aborted transaction, which shows as a gap.
    if (own.length > 0) this.fresh = false;
    return own;
  }

  /** Everything before this offset is done with. */
  advanceTo(nextOffset: bigint): void {
    this.next = nextOffset;
    this.step();
  }

  /** Something was done, if not enough for the offset to move. */
  step(): void {
    this.stepsDone += 1;
  }

  get nextOffset(): bigint {
    return this.next;
  }

  /** Grows with everything that is done. */
  get steps(): number {
    return this.stepsDone;
  }
}
