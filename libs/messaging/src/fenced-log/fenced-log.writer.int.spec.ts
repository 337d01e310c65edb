import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LogName, type LogTopic } from '#libs/relay';
import {
  CONTRACT_SHARDS,
  logTopicContract,
  type LogTopicHarness,
  type PublishedRecord,
} from '#libs/relay/testing';
import { type NativeKafka, startNativeKafka } from '#libs/stack';
import { type Admin, CompressionTypes, type EachMessagePayload, Kafka, logLevel } from 'kafkajs';
import { registerCodecs } from '../codecs';
import { allocateProducerId, FencedLogWriter } from './fenced-log.writer';

const TOPICS: Record<LogName, string> = { activity: 'ct.task-activity', rejection: 'ct.task-rejections' };

/** A broker of its own, since it is killed. */
class KafkaHarness implements LogTopicHarness {
  readonly #writers: FencedLogWriter[] = [];
  readonly kafka: Kafka;
  #identity: { producerId: string; epoch: number };

  private constructor(
    private readonly broker: NativeKafka,
    private readonly dataDir: string,
  ) {
    this.kafka = new Kafka({
      brokers: [broker.brokers],
      logLevel: logLevel.NOTHING,
      retry: { retries: 5, initialRetryTime: 50 },
      requestTimeout: 15_000,
    });
  }

  static async start(): Promise<KafkaHarness> {
    registerCodecs();
    const dataDir = mkdtempSync(join(tmpdir(), 'fenced-log-'));
    const harness = new KafkaHarness(await startNativeKafka({ dataDir }), dataDir);
    try {
      for (const log of ['activity', 'rejection'] as const) await harness.#create(log);
      harness.#identity = await allocateProducerId(harness.kafka);
      return harness;
    } catch (error) {
      await harness.close();
      throw error;
    }
  }

  open({ sequenceOfFirst = 0 } = {}): LogTopic {
    const { kafka } = this;
    const identity = { load: () => Promise.resolve(this.#identity) };
    const writer = new FencedLogWriter({ kafka, topics: TOPICS, identity, sequenceOfFirst });
    this.#writers.push(writer);
    return writer;
  }

  /** Read again when the reader crashes, as one may on a broker that has just come back. */
  async records(log: LogName, shard: number): Promise<PublishedRecord[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#read(log, shard);
      } catch (error) {
        // Until the partition has its leader again, every look is refused at once.
        if (attempt === 40) throw error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
  }

  async #read(log: LogName, shard: number): Promise<PublishedRecord[]> {
    const [start, end] = await this.#range(log, shard);
    const records: PublishedRecord[] = [];
    if (start === end) return records;
    const consumer = this.kafka.consumer({ groupId: `reader-${Math.random()}` });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [TOPICS[log]], fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
        const eachMessage = async ({ partition, message }: EachMessagePayload): Promise<void> => {
          if (partition !== shard || records.length === end - start) return;
          records.push({
            offset: Number(message.offset),
            key: String(message.key),
            value: String(message.value),
            position:
              message.headers?.position === undefined ? null : Number(message.headers.position.toString()),
          });
          if (Number(message.offset) === end - 1) resolve();
        };
        consumer.run({ eachMessage, autoCommit: false }).catch(reject);
      });
      return records;
    } finally {
      await consumer.disconnect();
    }
  }

  async publishForeign(log: LogName, shard: number): Promise<void> {
    const producer = this.kafka.producer({ createPartitioner: () => () => shard });
    await producer.connect();
    await producer.send({
      topic: TOPICS[log],
      compression: CompressionTypes.Snappy,
      messages: [{ key: 'x', value: 'foreign' }],
    });
    await producer.disconnect();
  }

  async deleteRecords(log: LogName, shard: number, before: number): Promise<void> {
    await this.#admin(async (admin) => {
      await admin.fetchTopicOffsets(TOPICS[log]); // deleteTopicRecords needs metadata that it does not load
      await admin.deleteTopicRecords({
        topic: TOPICS[log],
        partitions: [{ partition: shard, offset: String(before) }],
      });
    });
  }

  async makeAnew(log: LogName): Promise<void> {
    await this.#admin(async (admin) => {
      await admin.deleteTopics({ topics: [TOPICS[log]] });
      while ((await admin.listTopics()).includes(TOPICS[log]))
        await new Promise((resolve) => setTimeout(resolve, 20));
    });
    await this.#create(log);
  }

  async killBroker(): Promise<void> {
    await this.broker.kill9();
  }

  async restartBroker(): Promise<void> {
    await this.broker.restart();
  }

  async close(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.close()));
    await this.broker.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  async #create(log: LogName): Promise<void> {
    await this.#admin(async (admin) => {
      const topics = [{ topic: TOPICS[log], numPartitions: CONTRACT_SHARDS, replicationFactor: 1 }];
      for (let attempt = 0; ; attempt++) {
        try {
          // Right after a deletion the name may still be taken, and right after a creation not every partition is led.
          const existing = await admin.listTopics();
          if (!existing.includes(TOPICS[log])) await admin.createTopics({ topics, waitForLeaders: true });
          await admin.fetchTopicOffsets(TOPICS[log]);
          return;
        } catch (error) {
          if (attempt === 50) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    });
  }

  async #range(log: LogName, shard: number): Promise<[number, number]> {
    return await this.#admin(async (admin) => {
      const offsets = await admin.fetchTopicOffsets(TOPICS[log]);
      const { low, high } = offsets.find(({ partition }) => partition === shard)!;
      return [Number(low), Number(high)];
    });
  }

  async #admin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }
}

jest.setTimeout(120_000);

logTopicContract('the fenced log writer', () => KafkaHarness.start());
