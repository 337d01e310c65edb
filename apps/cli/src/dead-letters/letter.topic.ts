import { type Kafka } from 'kafkajs';
import { TASK_DEAD_LETTERS_TOPIC } from '#libs/contracts';
import { type LetterTopic } from '#libs/dead-letters';
import { endOffsets, type PartitionOffsets } from '#libs/messaging';
import { type RawRecord } from '#libs/processing';
import { PartitionReader } from '../reading/partition.reader';

/** The dead letters' topic on Kafka, up to where it ended when this was opened. */
export class KafkaLetterTopic implements LetterTopic {
  private constructor(
    private readonly ranges: readonly PartitionOffsets[],
    /** Null when the topic is empty. */
    readonly reader: PartitionReader | null,
  ) {}

  /** Runs `work` with it. */
  static async with<T>(
    kafka: Kafka,
    topicPrefix: string,
    work: (topic: KafkaLetterTopic) => Promise<T>,
  ): Promise<T> {
    const ranges = await endOffsets(kafka, topicPrefix, TASK_DEAD_LETTERS_TOPIC);
    const filled = ranges.filter(({ earliest, end }) => end > earliest);
    if (filled.length === 0) return work(new KafkaLetterTopic([], null));
    return PartitionReader.with(kafka, { name: TASK_DEAD_LETTERS_TOPIC, topicPrefix }, (reader) =>
      work(new KafkaLetterTopic(filled, reader)),
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
    if (range && this.reader) yield* this.reader.read(partition, range.earliest, range.end);
  }
}
