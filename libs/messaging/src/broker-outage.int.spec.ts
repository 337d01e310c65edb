import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kafka, KafkaJSConnectionError, KafkaJSProtocolError } from 'kafkajs';
import { type NativeKafka, startNativeKafka } from '#libs/stack';
import { type BatchContext, type BatchContextParts, type PartitionBatch } from './batch.context';
import { BatchService } from './batch-service.fixture';
import { EventProducer } from './event.producer';
import { createKafka } from './kafka.client';
import { MemoryLogger, MemoryPositions, until } from './messaging.fixture';
import { ensureTopics, groupOffsets } from './topic.admin';

jest.setTimeout(180_000);

const PARTITIONS = 3;
/** Where it counts how often something came: a busy machine must not end a session, after which it comes again. */
const LONG_SESSION = { sessionTimeout: 30_000 };
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
        context.commit(String(BigInt(part.at(-1)!.offset) + 1n));
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

  it('given a coordinator that refuses one partition and does not answer for the other, and then takes it for a member, it goes on', async () => {
    const kafka = createKafka({ brokers: [broker.brokers], clientId: 'test' }, new MemoryLogger());
    await ensureTopics(kafka, 'refused.', [{ name: 'events', partitions: 2, config: {} }]);
    await publish(kafka, 0, 10, { topicPrefix: 'refused.', partitions: 2 });
    const refused: BatchContext[] = [];
    const done = new Set<number>();
    const work = async ({ partition, records }: PartitionBatch, context: BatchContext): Promise<void> => {
      const [first] = refused;
      if (refused.length < 2) {
        refused.push(context);
        await until(() => refused.length === 2 && (!first || first.failure !== null));
        // kafkajs reports the first batch's failure: the one that does not make it join again.
        refuseHeartbeats(context, first ? NOT_COORDINATOR : LOST);
        await context.heartbeat();
      }
      context.commit(String(BigInt(records.at(-1)!.offset) + 1n));
      done.add(partition);
    };
    const service = new BatchService('refused.', work, { brokers: [broker.brokers], ...LONG_SESSION });
    await service.start();
    await until(() => done.size === 2);
    await publish(kafka, 10, 20, { topicPrefix: 'refused.', partitions: 2 });
    await until(async () =>
      (await groupOffsets(kafka, 'refused.', 'refused.group', 'events')).every(
        ({ offset }) => offset === 20n,
      ),
    );
    await service.close();

    expect(service.fatal).toEqual([]);
    // It was the fault that is meant: kafkajs itself never joined again.
    expect(service.logger.lines.filter((line) => line.includes('re-joining'))).toEqual([]);
  });

  it('given a commit that is lost and nothing more to read, then the group hears of it all the same', async () => {
    const kafka = createKafka({ brokers: [broker.brokers], clientId: 'test' }, new MemoryLogger());
    await ensureTopics(kafka, 'lost.', [{ name: 'events', partitions: 1, config: {} }]);
    await publish(kafka, 0, 10, { topicPrefix: 'lost.', partitions: 1 });
    let batches = 0;
    const service = new BatchService(
      'lost.',
      ({ records }, context) => {
        batches += 1;
        context.commit(String(BigInt(records.at(-1)!.offset) + 1n));
        return Promise.resolve();
      },
      { brokers: [broker.brokers], ...LONG_SESSION },
    );
    const tried = loseFirstCommit(service.strategy.unwrap<Kafka>());
    await service.start();
    await until(async () => {
      const [group] = await groupOffsets(kafka, 'lost.', 'lost.group', 'events');
      return group?.offset === 10n;
    });
    await service.close();

    expect({ batches, tried: tried(), fatal: service.fatal }).toEqual({ batches: 1, tried: 2, fatal: [] });
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

const LOST = new KafkaJSConnectionError('Connection error: read ECONNRESET');
const NOT_COORDINATOR = new KafkaJSProtocolError(
  Object.assign(new Error('This is not the correct coordinator for this group'), {
    type: 'NOT_COORDINATOR_FOR_GROUP',
  }),
);

/** What Kafka answers to every heartbeat of this batch. */
function refuseHeartbeats(context: BatchContext, error: Error): void {
  const { own } = context as unknown as { own: BatchContextParts };
  own.payload = { ...own.payload, heartbeat: () => Promise.reject(error) };
}

/** Has the first commit of each consumer fail. @returns how often any was tried. */
function loseFirstCommit(kafka: Kafka): () => number {
  let tried = 0;
  const make = kafka.consumer.bind(kafka);
  kafka.consumer = (config) => {
    const consumer = make(config);
    const commit = consumer.commitOffsets.bind(consumer);
    consumer.commitOffsets = (offsets) => ((tried += 1) === 1 ? Promise.reject(LOST) : commit(offsets));
    return consumer;
  };
  return () => tried;
}

async function publish(
  kafka: Kafka,
  from: number,
  to: number,
  { topicPrefix = '', partitions = PARTITIONS } = {},
): Promise<void> {
  const producer = new EventProducer(kafka, { topicPrefix });
  await producer.connect();
  for (let n = from; n < to; n += 1) {
    await producer.publish(
      [...Array(partitions).keys()].map((partition) => ({
        topic: 'events',
        key: null,
        value: `${n}`,
        partition,
      })),
    );
  }
  await producer.disconnect();
}
