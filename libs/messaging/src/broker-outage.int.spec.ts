import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NativeKafka, startNativeKafka } from '#libs/stack';
import { type PartitionBatch, type BatchContext } from './batch.context';
import { BatchService } from './batch-service.fixture';
import { EventProducer } from './event.producer';
import { createKafka } from './kafka.client';
import { MemoryLogger, MemoryPositions, until } from './messaging.fixture';
import { ensureTopics, groupOffsets } from './topic.admin';

jest.setTimeout(180_000);

const PARTITIONS = 3;
const dataDir = mkdtempSync(join(tmpdir(), 'ct-outage-'));
let broker: NativeKafka;
beforeAll(async () => {
  broker = await startNativeKafka({ dataDir });
});
afterAll(async () => {
  await broker.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('An outage is waited out', () => {
  it('given a worker in mid-run, when the broker is killed, stays away, and comes back, then all is read, each partition in order', async () => {
    const kafka = createKafka({ brokers: [broker.brokers], clientId: 'test' }, new MemoryLogger());
    await ensureTopics(kafka, '', [{ name: 'events', partitions: PARTITIONS, config: {} }]);
    await publish(kafka, 0, 300);
    const positions = new MemoryPositions();
    const applied = [...Array(PARTITIONS)].map(() => [] as number[]);
    const work = async ({ partition, records }: PartitionBatch, context: BatchContext): Promise<void> => {
      for (let at = 0; at < records.length && context.isRunning(); at += 10) {
        const part = records.slice(at, at + 10);
        for (const { offset } of part) {
          if (!applied[partition]!.includes(Number(offset))) applied[partition]!.push(Number(offset));
        }
        positions.storeAfter(part.at(-1)!);
        await new Promise((resolve) => setTimeout(resolve, 20));
        await context.commit(String(BigInt(part.at(-1)!.offset) + 1n));
        await context.heartbeat();
      }
    };
    const service = new BatchService('', work, { brokers: [broker.brokers], positions });
    await service.start();
    await until(() => applied[0]!.length >= 50);

    await broker.kill9();
    // Long enough for kafkajs to give up, so that the consumer is made anew.
    await until(() => service.logger.lines.some((line) => line.includes('waiting for Kafka')));
    await broker.restart();
    await publish(kafka, 300, 400);
    await until(() => applied.every((list) => list.length >= 400));
    await service.close();

    expect(service.fatal).toEqual([]);
    expect(applied).toEqual([...Array(PARTITIONS)].map(() => [...Array(400).keys()]));
    const committed = await groupOffsets(kafka, '', 'group', 'events');
    expect(committed.map(({ offset }) => Number(offset))).toEqual([400, 400, 400]);
  });

  it('given a worker whose broker is away, when closed, then it closes', async () => {
    const service = new BatchService('', () => Promise.resolve(), { brokers: [broker.brokers] });
    await service.start();
    await until(() => service.logger.lines.some((line) => line.includes('joined')));
    await broker.kill9();
    await service.close();
    await broker.restart();

    expect(service.fatal).toEqual([]);
    expect(service.logger.lines.join('\n')).not.toContain('did not give up');
  });
});

async function publish(kafka: ReturnType<typeof createKafka>, from: number, to: number): Promise<void> {
  const producer = new EventProducer(kafka, { topicPrefix: '' });
  await producer.connect();
  for (let n = from; n < to; n += 1) {
    await producer.publish(
      [...Array(PARTITIONS).keys()].map((partition) => ({
        topic: 'events',
        key: null,
        value: `${n}`,
        partition,
      })),
    );
  }
  await producer.disconnect();
}
