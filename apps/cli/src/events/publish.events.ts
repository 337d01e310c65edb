import { type Kafka } from 'kafkajs';
import { type Compression, EventProducer, type OutgoingRecord } from '#libs/messaging';
import { encodeLine, type Mode } from './event.encoding';
import { type EventLine } from './event.line';
import { Pacing } from '#libs/operations';
import { movedPartition, TopicPartitions } from './topic.partitions';

export interface PublishOptions {
  kafka: Kafka;
  topicPrefix: string;
  mode: Mode;
  compression: Compression;
  /** Records a second; null for as fast as it goes. */
  rate: number | null;
  /** Sends each record to its own partition plus this many. 0: where its key belongs. */
  partitionOffset: number;
  onPublished?(count: number): void;
}

/** Publishing ended early: what was acknowledged until then, and why it went no further. */
export class PublishFailed extends Error {
  override readonly name = 'PublishFailed';
  constructor(
    readonly published: number,
    override readonly cause: unknown,
  ) {
    super('publishing failed');
  }
}

const BATCH_RECORDS = 500;

/**
 * Publishes events in their order, a batch at a time, each acknowledged by all replicas before the next is sent: so every key
 * keeps its order, and memory is bounded by a batch.
 *
 * @returns how many were published.
 * @throws PublishFailed
 */
export async function publishEvents(
  lines: AsyncIterable<EventLine> | Iterable<EventLine>,
  options: PublishOptions,
): Promise<number> {
  const { kafka, topicPrefix, compression, mode, partitionOffset } = options;
  const producer = new EventProducer(kafka, { topicPrefix, compression });
  const pacing = new Pacing(options.rate);
  const partitions = new TopicPartitions(kafka, topicPrefix);
  const batchRecords = Math.min(BATCH_RECORDS, pacing.batch);
  let batch: OutgoingRecord[] = [];
  let published = 0;
  const send = async (): Promise<void> => {
    if (batch.length === 0) return;
    const sending = batch;
    batch = [];
    await pacing.admit(sending.length);
    await producer.publish(sending);
    published += sending.length;
    options.onPublished?.(sending.length);
  };
  await producer.connect();
  try {
    try {
      for await (const line of lines) {
        const record = encodeLine(line, mode);
        const count = await partitions.of(line.topic);
        batch.push(
          partitionOffset === 0
            ? record
            : { ...record, partition: movedPartition(line.key, count, partitionOffset) },
        );
        if (batch.length >= batchRecords) await send();
      }
    } catch (error) {
      // What came before a bad line is as good as if the file had ended there. (After a failed send nothing is left to send.)
      await send();
      throw error;
    }
    await send();
    return published;
  } catch (error) {
    throw new PublishFailed(published, error);
  } finally {
    await producer.disconnect();
  }
}
