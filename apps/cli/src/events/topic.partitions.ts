import { type Kafka } from 'kafkajs';
import { shardOf } from '#libs/domain';
import { endOffsets, topicNames, whileSettling } from '#libs/messaging';
import { CliError } from '../cli.error';

/**
 * How many partitions topics have, asked once each. Asking through the list of topics never makes one, as asking for one by
 * name would where the broker creates topics by itself.
 */
export class TopicPartitions {
  readonly #counts = new Map<string, number>();
  #names: ReadonlySet<string> | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly prefix: string,
  ) {}

  /** @throws CliError when there is no such topic. */
  async of(topic: string): Promise<number> {
    const known = this.#counts.get(topic);
    if (known !== undefined) return known;
    this.#names ??= await topicNames(this.kafka);
    if (!this.#names.has(this.prefix + topic)) throw noSuchTopic(this.prefix + topic);
    const { length } = await whileSettling(() => endOffsets(this.kafka, this.prefix, topic));
    this.#counts.set(topic, length);
    return length;
  }
}

export function noSuchTopic(fullName: string): CliError {
  return new CliError(
    `the broker has no topic ${fullName}`,
    "Check the name, TOPIC_PREFIX and KAFKA_BROKERS, or run 'npm run cli -- migrate', which makes the topics",
  );
}

/** The partition a record would have, moved on by so many: another one than its conversation's shard. */
export function movedPartition(key: string | null, partitions: number, by: number): number {
  const own = key === null ? 0 : shardOf(key, partitions);
  return (((own + by) % partitions) + partitions) % partitions;
}
