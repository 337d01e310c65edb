import { type Kafka } from 'kafkajs';
import { TASK_ACTIVITY_TOPIC, TOPICS } from '#libs/contracts';
import {
  endOffsets,
  ensureTopics,
  EventProducer,
  PartitionReader,
  topicNames,
  whileSettling,
} from '#libs/messaging';
import { type LogEntry } from '#libs/relay';
import { CliError, EXIT } from '../cli.error';
import { headerOf } from '../events/record.text';

/** The topic a log is republished to: shard n to partition n. */
export class RepublishTarget {
  readonly #producer: EventProducer;

  private constructor(
    private readonly kafka: Kafka,
    private readonly topicPrefix: string,
    readonly topic: string,
  ) {
    this.#producer = new EventProducer(kafka, { topicPrefix });
  }

  /** Runs `work` with the topic. @throws CliError when it is one of ours, not there, or has too few partitions. */
  static async with<T>(
    kafka: Kafka,
    {
      topicPrefix,
      topic,
      shards,
      create,
    }: { topicPrefix: string; topic: string; shards: number; create: boolean },
    work: (target: RepublishTarget) => Promise<T>,
  ): Promise<T> {
    if (TOPICS.some(({ name }) => name === topic))
      throw new CliError(
        `${topic} is the service's own`,
        'Name another topic, or a new one with --create',
        EXIT.usage,
      );
    const exists = (await topicNames(kafka)).has(topicPrefix + topic);
    if (!exists && !create)
      throw new CliError(`the broker has no topic ${topicPrefix + topic}`, '--create makes it', EXIT.usage);
    if (!exists) await ensureTopics(kafka, topicPrefix, [specOf(topic, shards)]);
    const partitions = await whileSettling(() => endOffsets(kafka, topicPrefix, topic));
    if (partitions.length < shards)
      throw new CliError(
        `${topic} has ${partitions.length} partitions, and the log ${shards} shards`,
        `Give it ${shards}: shard n goes to partition n`,
        EXIT.usage,
      );
    const target = new RepublishTarget(kafka, topicPrefix, topic);
    await target.#producer.connect();
    try {
      return await work(target);
    } finally {
      await target.#producer.disconnect();
    }
  }

  /** The offset each partition's next record gets, by partition. */
  async ends(): Promise<number[]> {
    return (await endOffsets(this.kafka, this.topicPrefix, this.topic)).map(({ end }) => Number(end));
  }

  /** Which position the record at an offset says it is; null when it says none. */
  async positionAt(partition: number, offset: number): Promise<number | null> {
    const topic = { name: this.topic, topicPrefix: this.topicPrefix };
    return PartitionReader.with(this.kafka, topic, async (reader) => {
      for await (const records of reader.read(partition, BigInt(offset), BigInt(offset) + 1n)) {
        const position = Number(headerOf(records[0]!.headers, 'position'));
        return Number.isSafeInteger(position) && position > 0 ? position : null;
      }
      return null;
    });
  }

  /** Resolves once all in-sync replicas have every entry. */
  async write(shard: number, entries: readonly LogEntry[]): Promise<void> {
    await this.#producer.publish(
      entries.map(({ key, headers, value }) => ({
        topic: this.topic,
        partition: shard,
        key,
        headers,
        value,
      })),
    );
  }
}

/** As `task-activity` is, but for its name. */
function specOf(topic: string, shards: number) {
  const { cleanupPolicy, retentionMs, maxMessageBytes } = TOPICS.find(
    ({ name }) => name === TASK_ACTIVITY_TOPIC,
  )!;
  return {
    name: topic,
    partitions: shards,
    config: {
      'cleanup.policy': cleanupPolicy,
      'retention.ms': String(retentionMs),
      'max.message.bytes': String(maxMessageBytes),
    },
  };
}
