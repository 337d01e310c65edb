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
  const offsets = await admin.fetchTopicOffsets(topic);
  const filled = offsets.filter(({ low, high }) => Number(high) > Number(low));
  const ends = filled.map(({ partition, high }): [number, number] => [partition, Number(high)]);
  let missing = new Map(ends);
  let records: ReadRecord[] = [];
  if (missing.size === 0) return records;
  const groupId = `test-reader-${randomBytes(6).toString('hex')}`;
  // A broker that has just started has, for a moment, nothing that groups need, and kafkajs gives up on joining at once.
  const retry = { retries: 8, restartOnFailure: () => Promise.resolve(true) };
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, retry });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error);
      });
      // Nothing is committed: whoever joins again reads from the beginning.
      consumer.on(consumer.events.GROUP_JOIN, () => {
        missing = new Map(ends);
        records = [];
      });
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
