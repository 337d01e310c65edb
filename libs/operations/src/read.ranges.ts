import { type Kafka } from 'kafkajs';
import { isBrokerOutage, NothingCame, PartitionReader } from '#libs/messaging';
import {
  type EventFilter,
  type Intake,
  type IntakeResult,
  Interrupted,
  isMeant,
  type RawRecord,
} from '#libs/processing';
import { pause } from './pause';
import { type InputRange } from './replay.operation';

/** Consecutive records of a range: those that are meant, and how far they reach. */
export interface Chunk {
  range: InputRange;
  /** Those that are meant; may be none. */
  records: RawRecord[];
  /** How many were read for it. */
  read: number;
  /** Where the range goes on after it. */
  next: string;
}

export interface ReadingOptions {
  kafka: Kafka;
  topicPrefix: string;
  /** Gone through from their `next`, which whoever takes the chunks moves on. */
  ranges: readonly InputRange[];
  filter: EventFilter;
  intake: Intake;
  /** Records in a chunk at most. */
  chunkSize: number;
  isRunning(): boolean;
  /** Told before each wait for the broker. */
  onWait(error: Error, pauseMs: number): void;
}

const LONGEST_PAUSE_MS = 5_000;

/**
 * Reads ranges chunk by chunk, partition after partition, in a group of its own that nobody knows and that commits nothing. Waits
 * while the broker is away, as a worker does, and then goes on where it was.
 *
 * @param take given each chunk; throws to end the reading.
 */
export async function readRanges(
  options: ReadingOptions,
  take: (chunk: Chunk) => Promise<void>,
): Promise<void> {
  const { kafka, topicPrefix, ranges } = options;
  for (const name of new Set(ranges.map(({ topic }) => topic))) {
    const own = ranges.filter(({ topic }) => topic === name);
    for (let pauseMs = 250; own.some(isUnfinished); pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        await PartitionReader.with(kafka, { name, topicPrefix }, async (reader) => {
          for (const range of own.filter(isUnfinished)) await readRange(reader, range, options, take);
        });
      } catch (error) {
        if (!(error instanceof NothingCame || isBrokerOutage(error))) throw error;
        if (!options.isRunning())
          throw new Interrupted('stopped while waiting for the broker', { cause: error });
        options.onWait(error as Error, pauseMs);
        await pause(pauseMs);
      }
    }
  }
}

const isUnfinished = ({ next, to }: InputRange): boolean => BigInt(next) < BigInt(to);

async function readRange(
  reader: PartitionReader,
  range: InputRange,
  { filter, intake, chunkSize }: ReadingOptions,
  take: (chunk: Chunk) => Promise<void>,
): Promise<void> {
  const { partition, next, to } = range;
  for await (const batch of reader.read(partition, BigInt(next), BigInt(to))) {
    let records: RawRecord[] = [];
    let read = 0;
    for (const [i, record] of batch.entries()) {
      read += 1;
      if (isMeant(filter, record, intake.read(record))) records.push(record);
      if (records.length < chunkSize && i < batch.length - 1) continue;
      await take({ range, records, read, next: String(BigInt(record.offset) + 1n) });
      records = [];
      read = 0;
    }
  }
  // What is behind the last record, such as a transaction's marker, is nobody's.
  await take({ range, records: [], read: 0, next: to });
}

/** Reads each record once, for whether it is meant and for what comes of it. */
export function remembering(intake: Intake): Intake {
  const known = new WeakMap<RawRecord, IntakeResult>();
  return {
    read(record) {
      const result = known.get(record) ?? intake.read(record);
      known.set(record, result);
      return result;
    },
  };
}
