import { randomBytes } from 'node:crypto';
import { type Admin, type Kafka } from 'kafkajs';
import { rawRecordOf } from '#libs/messaging';

/** A record as a test looks at it. */
export interface ReadRecord {
  partition: number;
  offset: number;
  key: Buffer | null;
  value: Buffer | null;
  /** As text; of a header that is there more than once the last. */
  headers: Record<string, string>;
}

/** Offsets at the end of each partition, by partition. */
export async function endOffsetsOf(admin: Admin, topic: string): Promise<number[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.sort((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
}

/** Everything a topic holds now, by partition and offset. Reads each partition to the end it has when this is called. */
export async function readTopic(kafka: Kafka, admin: Admin, topic: string): Promise<ReadRecord[]> {
  const missing = new Map<number, number>();
  for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
    if (Number(high) > Number(low)) missing.set(partition, Number(high));
  }
  const records: ReadRecord[] = [];
  if (missing.size === 0) return records;
  const groupId = `test-reader-${randomBytes(6).toString('hex')}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer
        .run({
          autoCommit: false,
          eachBatch: ({ batch }) => {
            for (const message of batch.messages) {
              const { key, value, headers } = rawRecordOf(topic, batch.partition, message);
              const read = { partition: batch.partition, offset: Number(message.offset), key, value };
              records.push({ ...read, headers: lastHeaders(headers) });
            }
            const end = missing.get(batch.partition);
            if (end !== undefined && Number(batch.lastOffset()) >= end - 1) missing.delete(batch.partition);
            if (missing.size === 0) resolve();
            return Promise.resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
  }
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

function lastHeaders(headers: ReturnType<typeof rawRecordOf>['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      String(Array.isArray(value) ? value.at(-1) : value),
    ]),
  );
}
