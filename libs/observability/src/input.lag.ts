import { type Instruments, whenScraped } from './metric.instruments';

/** A place in a topic, and the time that its record says. */
interface Stamped {
  offset: string;
  /** Milliseconds since the epoch as decimal text. */
  timestamp: string;
}

/** Where a partition is, as the broker and the group have it. */
export interface PartitionOffsets {
  topic: string;
  partition: number;
  /** The offset to read next; the earliest there is when the group has committed nothing. */
  next: bigint;
  /** The offset the next new record gets. */
  end: bigint;
}

interface Reading {
  topic: string;
  partition: number;
  /** The offset after what was applied; null until anybody said it. */
  next: bigint | null;
  end: bigint;
  /** When the oldest record that is not applied yet was written, as far as that is known; null when there is none. */
  oldestMs: number | null;
}

/**
 * How far the partitions of this worker are behind, in records and in time. It is told by each batch, and every few seconds by the
 * broker: a worker that stands still gets no batches, and then the lag matters most.
 *
 * The age of a record that nobody has read is not known. It is taken from the last one read before it, if that was written when
 * there was more behind it; else from when the broker first said that there is one.
 */
export class InputLag {
  readonly #readings = new Map<string, Reading>();

  constructor(
    private readonly instruments: Pick<
      Instruments,
      'inputLagRecords' | 'inputLagSeconds' | 'assignedPartitions'
    >,
    private readonly now: () => number = Date.now,
  ) {
    const { inputLagRecords, inputLagSeconds } = instruments;
    whenScraped(inputLagRecords, () => this.#set(inputLagRecords, recordsBehind));
    whenScraped(inputLagSeconds, () => this.#set(inputLagSeconds, (reading) => this.#secondsBehind(reading)));
  }

  /** These partitions, and no others of these topics, are this worker's from now on. */
  assign(topics: readonly string[], partitions: Readonly<Record<string, readonly number[]>>): void {
    for (const [key, { topic }] of this.#readings) if (topics.includes(topic)) this.#readings.delete(key);
    for (const topic of topics) {
      const own = partitions[topic] ?? [];
      this.instruments.assignedPartitions.set({ topic }, own.length);
      for (const partition of own)
        this.#readings.set(keyOf(topic, partition), {
          topic,
          partition,
          next: null,
          end: 0n,
          oldestMs: null,
        });
    }
  }

  /** The topics of which this worker has partitions. */
  get topics(): string[] {
    return [...new Set([...this.#readings.values()].map(({ topic }) => topic))];
  }

  /** A batch was fetched. */
  fetched(topic: string, partition: number, first: Stamped, highWatermark: string): void {
    const reading = this.#readings.get(keyOf(topic, partition));
    if (!reading) return;
    reading.next = BigInt(first.offset);
    reading.end = BigInt(highWatermark);
    reading.oldestMs = this.#writtenAt(first);
  }

  /**
   * Everything before `next` is applied.
   *
   * @param last the last of it.
   * @param following the record after it, if that was fetched too.
   */
  applied(topic: string, partition: number, next: bigint, last: Stamped, following?: Stamped): void {
    const reading = this.#readings.get(keyOf(topic, partition));
    if (!reading) return;
    reading.next = next;
    reading.oldestMs = next >= reading.end ? null : this.#writtenAt(following ?? last);
  }

  /** The broker was asked. */
  saw(offsets: readonly PartitionOffsets[]): void {
    for (const { topic, partition, next, end } of offsets) {
      const reading = this.#readings.get(keyOf(topic, partition));
      if (!reading) continue;
      // What was applied may be known here before the group's offset is: of the two, the later one.
      reading.next = reading.next !== null && reading.next > next ? reading.next : next;
      reading.end = end;
      reading.oldestMs = reading.next >= end ? null : (reading.oldestMs ?? this.now());
    }
  }

  /** Of partitions that are another's now a gauge has nothing more. */
  #set(gauge: Instruments['inputLagRecords'], valueOf: (reading: Reading) => number | null): void {
    gauge.reset();
    for (const reading of this.#readings.values()) {
      const value = valueOf(reading);
      const { topic, partition } = reading;
      if (value !== null) gauge.set({ topic, partition: String(partition) }, value);
    }
  }

  #secondsBehind({ next, oldestMs }: Reading): number | null {
    if (next === null) return null;
    return oldestMs === null ? 0 : Math.max(0, this.now() - oldestMs) / 1_000;
  }

  /** A producer may write any time, or none (−1): such a record counts from now. */
  #writtenAt({ timestamp }: Stamped): number {
    const ms = Number(timestamp);
    return ms >= 0 ? ms : this.now();
  }
}

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`;

function recordsBehind({ next, end }: Reading): number | null {
  if (next === null) return null;
  return Number(end > next ? end - next : 0n);
}
