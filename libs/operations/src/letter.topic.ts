import { type Kafka } from 'kafkajs';
import { TASK_DEAD_LETTERS_TOPIC } from '#libs/contracts';
import { type LetterRanges, type LetterTopic } from '#libs/dead-letters';
import { endOffsets, type PartitionOffsets, PartitionReader, type ReaderOptions } from '#libs/messaging';
import { type RawRecord } from '#libs/processing';

/** The dead letters' topic on Kafka, up to where it ended when this was opened. */
export class KafkaLetterTopic implements LetterTopic, LetterRanges {
  private constructor(
    readonly ranges: readonly PartitionOffsets[],
    /** Null when the topic is empty. */
    readonly reader: PartitionReader | null,
  ) {}

  /** Runs `work` with it. */
  static async with<T>(
    kafka: Kafka,
    topicPrefix: string,
    work: (topic: KafkaLetterTopic) => Promise<T>,
    options?: ReaderOptions,
  ): Promise<T> {
    const ranges = await endOffsets(kafka, topicPrefix, TASK_DEAD_LETTERS_TOPIC);
    const filled = ranges.filter(({ earliest, end }) => end > earliest);
    if (filled.length === 0) return work(new KafkaLetterTopic([], null));
    return PartitionReader.with(
      kafka,
      { name: TASK_DEAD_LETTERS_TOPIC, topicPrefix },
      (reader) => work(new KafkaLetterTopic(filled, reader)),
      options,
    );
  }

  get partitions(): { partition: number; records: number }[] {
    return this.ranges.map(({ partition, earliest, end }) => ({
      partition,
      records: Number(end - earliest),
    }));
  }

  async *read(partition: number): AsyncGenerator<RawRecord[]> {
    const range = this.ranges.find((each) => each.partition === partition);
    if (range) yield* this.readRange(partition, range.earliest, range.end);
  }

  async *readRange(partition: number, from: bigint, to: bigint): AsyncGenerator<RawRecord[]> {
    if (this.reader) yield* this.reader.read(partition, from, to);
  }
}
