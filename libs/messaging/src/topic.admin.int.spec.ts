import { EventProducer } from './event.producer';
import { testKafka, until, uniquePrefix } from './messaging.fixture';
import { deleteTopics, endOffsets, ensureTopics } from './topic.admin';

jest.setTimeout(30_000);

const kafka = testKafka();
const spec = {
  name: 'workforce',
  partitions: 2,
  config: { 'cleanup.policy': 'compact', 'max.message.bytes': '2000000' },
};

describe('topics', () => {
  it('given none, then they are made as specified; given them, then nothing is made and nothing differs', async () => {
    const prefix = uniquePrefix();

    expect(await ensureTopics(kafka, prefix, [spec])).toEqual({ created: ['workforce'], differences: [] });
    expect(await ensureTopics(kafka, prefix, [spec])).toEqual({ created: [], differences: [] });
  });

  it('given topics just made, then each of their partitions takes a record at the first attempt', async () => {
    const prefix = uniquePrefix();
    const messages = Array.from({ length: 20 }, (_, partition) => ({ partition, value: 'v' }));
    const producer = kafka.producer({ retry: { retries: 0 } });
    await producer.connect();
    try {
      for (const name of Array.from({ length: 10 }, (_, i) => `made-${i}`)) {
        await ensureTopics(kafka, prefix, [{ name, partitions: messages.length, config: {} }]);
        await expect(producer.send({ topic: prefix + name, messages })).resolves.toHaveLength(
          messages.length,
        );
      }
    } finally {
      await producer.disconnect();
    }
  });

  it('given two processes that make them at once, then both find them', async () => {
    const prefix = uniquePrefix();
    const results = await Promise.all([1, 2, 3].map(() => ensureTopics(kafka, prefix, [spec])));

    expect(results.flatMap(({ differences }) => differences)).toEqual([]);
  });

  it('given a topic made otherwise, then every difference is named and it stays as it is', async () => {
    const prefix = uniquePrefix();
    await ensureTopics(kafka, prefix, [
      { ...spec, partitions: 3, config: { 'cleanup.policy': 'delete', 'max.message.bytes': '1500000' } },
    ]);
    const expected = [
      { topic: 'workforce', setting: 'partitions', expected: '2', actual: '3' },
      { topic: 'workforce', setting: 'cleanup.policy', expected: 'compact', actual: 'delete' },
      { topic: 'workforce', setting: 'max.message.bytes', expected: '2000000', actual: '1500000' },
    ];

    expect((await ensureTopics(kafka, prefix, [spec])).differences).toEqual(expected);
    expect((await ensureTopics(kafka, prefix, [spec])).differences).toEqual(expected);
  });

  it('given records, then the ends say so; deleted, then the topic is gone', async () => {
    const prefix = uniquePrefix();
    await ensureTopics(kafka, prefix, [spec]);
    const producer = new EventProducer(kafka, { topicPrefix: prefix });
    await producer.connect();
    // 'foobar' belongs to partition 0 of 2 in Kafka's Java client: murmur2 is -790332482, without its sign bit even.
    await producer.publish([{ topic: 'workforce', key: 'foobar', value: null }]);
    await producer.publish([{ topic: 'workforce', key: 'a', value: 'b', partition: 1 }]);
    await producer.publish([{ topic: 'workforce', key: 'a', value: 'b', partition: 1 }]);
    await producer.disconnect();

    expect(await endOffsets(kafka, prefix, 'workforce')).toEqual([
      { partition: 0, earliest: 0n, end: 1n },
      { partition: 1, earliest: 0n, end: 2n },
    ]);
    await deleteTopics(kafka, prefix, ['workforce', 'never-was']);
    await until(async () => {
      const { created } = await ensureTopics(kafka, prefix, [spec]).catch(() => ({
        created: [] as string[],
      }));
      return created.length > 0;
    });
  });
});
