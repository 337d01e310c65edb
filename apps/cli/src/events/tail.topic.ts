import { type Kafka } from 'kafkajs';
import { rawRecordOf, withEphemeralConsumer } from '#libs/messaging';
import { type RawRecord } from '#libs/processing';

export interface TailOptions {
  kafka: Kafka;
  topicPrefix: string;
  /** Without the prefix. */
  topic: string;
  fromBeginning: boolean;
  /** Stop after so many; null: go on until `signal`. */
  count: number | null;
  signal: AbortSignal;
  take(record: RawRecord): void;
  /** Called when what arrives from now on will be seen. */
  onReady?(): void;
}

/** Gives a topic's records as they come, each partition in order, until there were enough or it is told to stop. */
export async function tailTopic(options: TailOptions): Promise<void> {
  const { kafka, topicPrefix, topic, fromBeginning, count, signal, take } = options;
  let left = count ?? Infinity;
  if (left <= 0) return;
  await withEphemeralConsumer(kafka, async (consumer) => {
    await consumer.subscribe({ topics: [topicPrefix + topic], fromBeginning });
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer.on(consumer.events.FETCH_START, () => options.onReady?.());
      consumer
        .run({
          autoCommit: false,
          eachMessage: ({ partition, message }) => {
            if (left > 0 && !signal.aborted) take(rawRecordOf(topic, partition, message));
            left -= 1;
            if (left === 0) resolve();
            return Promise.resolve();
          },
        })
        .catch(reject);
    });
  });
}
