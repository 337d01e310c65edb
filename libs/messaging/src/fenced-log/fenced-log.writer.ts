import {
  type AppendResult,
  FEW_ENTRIES,
  type LastRecord,
  type LogEntry,
  type LogName,
  type LogTopic,
  type ProducerIdentity,
  type TopicEnd,
} from '#libs/relay';
import DataLoader from 'dataloader';
import { CompressionTypes, type Kafka } from 'kafkajs';
import { registerCodecs } from '../codecs';
import { type Broker, type Cluster, connect, disconnect } from './kafkajs.cluster';
import { type PartitionRecords, type ProduceAnswer, produceRequest } from './produce.request';
import { type RecordBatch } from './record-batch.encoder';

export interface FencedLogWriterOptions {
  kafka: Kafka;
  /** The topics' full names, with the deployment's prefix. */
  topics: Record<LogName, string>;
  identity: ProducerIdentity;
  /** LZ4 by default: the activity topic is kept for ever, and an append took no longer than without (1 ms for 1 entry, 2–4 for 50). */
  compression?: CompressionTypes;
  /** Kafka's sequence of position 1. Only tests set it, to bring the wrap at 2³¹ near. */
  sequenceOfFirst?: number;
}

const SEQUENCES = 2 ** 31;
const EARLIEST = '-2';
const LATEST = '-1';
/** With it, the end is the high watermark and no open transaction of a stranger hides what lies behind it. */
const READ_UNCOMMITTED = 0;
const ALL_REPLICAS = -1;
/** How long the broker may wait for its replicas; the client's own limit has to be longer. */
const ACKNOWLEDGE_WITHIN_MS = 10_000;
/** A broker that has just started may not have its block of producer ids yet. */
const ALLOCATION_ATTEMPTS = 40;
const ALLOCATION_PAUSE_MS = 250;

/**
 * Writes the logs to their topics so that the broker itself keeps order and number: every batch carries the deployment's one
 * producer id, and as its sequence its first position − 1 modulo 2³¹. A copy of one of the last five batches is then
 * acknowledged with its old offset, and anything else that does not begin where the partition ends is refused, whoever sends it.
 *
 * A broker without a memory of the producer (a new topic, or a day without a record) takes any sequence: hence the port's rule to
 * look at the end first. Timestamps are the time of publishing, not the events': retention of the rejections counts from when
 * they could be read, and a topic made anew keeps them as long again.
 *
 * kafkajs chooses the sequence in its own producer, so this file uses the layer below, which is not in its public types.
 */
export class FencedLogWriter implements LogTopic {
  #cluster: Promise<Cluster> | undefined;
  /** By whom they are for: what is to be sent to a broker at this moment. */
  readonly #few = new WeakMap<Broker, DataLoader<PartitionRecords, number>>();
  /** Partitions whose last batch was not appended: what the broker makes of them is to hold up no other. */
  readonly #inTrouble = new Set<string>();
  #identity: { producerId: string; epoch: number } | undefined;

  constructor(private readonly options: FencedLogWriterOptions) {
    registerCodecs(); // also to read what a stranger may have left at the end
  }

  nameOf(log: LogName): string {
    return this.options.topics[log];
  }

  async end(log: LogName, shard: number): Promise<TopicEnd> {
    return await this.#atLeader(log, shard, async (broker, topic) => {
      const [start, nextOffset] = await Promise.all([
        offsetAt(broker, topic, shard, EARLIEST),
        offsetAt(broker, topic, shard, LATEST),
      ]);
      const last = start === nextOffset ? null : await recordAt(broker, topic, shard, nextOffset - 1);
      return { nextOffset, last };
    });
  }

  async append(
    log: LogName,
    shard: number,
    firstPosition: number,
    entries: LogEntry[],
  ): Promise<AppendResult> {
    const key = `${log}/${shard}`;
    try {
      const baseOffset = await this.#atLeader(log, shard, async (broker, topic) => {
        const batch = { topic, partition: shard, batch: await this.#batchOf(firstPosition, entries) };
        const isShared = entries.length <= FEW_ENTRIES && !this.#inTrouble.has(key);
        return isShared ? await this.#withOthers(broker, batch) : await this.#alone(broker, batch);
      });
      this.#inTrouble.delete(key);
      return { outcome: 'appended', baseOffset };
    } catch (error) {
      this.#inTrouble.add(key);
      return { outcome: REFUSALS[(error as KafkaError).type ?? ''] ?? 'unavailable', cause: error as Error };
    }
  }

  /** Closes the connections, after the requests under way. */
  async close(): Promise<void> {
    const cluster = this.#cluster;
    this.#cluster = undefined;
    await disconnect(cluster);
  }

  async #batchOf(firstPosition: number, entries: LogEntry[]): Promise<RecordBatch> {
    const { producerId, epoch } = (this.#identity ??= await this.options.identity.load());
    return {
      records: entries,
      timestamp: Date.now(),
      producerId,
      producerEpoch: epoch,
      firstSequence: ((this.options.sequenceOfFirst ?? 0) + firstPosition - 1) % SEQUENCES,
      compression: this.options.compression ?? CompressionTypes.LZ4,
    };
  }

  /** In one request with all other few that are for this broker at this moment. */
  #withOthers(broker: Broker, batch: PartitionRecords): Promise<number> {
    let few = this.#few.get(broker);
    if (!few) {
      few = new DataLoader((batches) => produce(broker, batches), { cache: false });
      this.#few.set(broker, few);
    }
    return few.load(batch);
  }

  async #alone(broker: Broker, batch: PartitionRecords): Promise<number> {
    const [said] = await produce(broker, [batch]);
    if (said instanceof Error) throw said;
    return said!;
  }

  async #atLeader<T>(
    log: LogName,
    shard: number,
    work: (broker: Broker, topic: string) => Promise<T>,
  ): Promise<T> {
    const connecting = (this.#cluster ??= connect(this.options.kafka));
    try {
      const cluster = await connecting;
      const topic = this.options.topics[log];
      await cluster.addTargetTopic(topic);
      await cluster.refreshMetadataIfNecessary();
      const partition = cluster
        .findTopicPartitionMetadata(topic)
        .find(({ partitionId }) => partitionId === shard);
      if (!partition || partition.leader < 0)
        throw new Error(`${topic} has no leader for partition ${shard}`);
      return await work(await cluster.findBroker({ nodeId: String(partition.leader) }), topic);
    } catch (error) {
      if (!isRefusal(error)) this.#forget(connecting);
      throw error;
    }
  }

  /**
   * After any failure the next call begins with new connections and new metadata: one way for a leader that moved, a broker that
   * was restarted and a topic made anew, instead of relying on what kafkajs makes of each.
   */
  #forget(failed: Promise<Cluster>): void {
    if (this.#cluster !== failed) return;
    this.#cluster = undefined;
    void disconnect(failed);
  }
}

/** Obtains a producer id from the cluster, for `migrate` to store. Throws when no broker gives one within 10 s. */
export async function allocateProducerId(kafka: Kafka): Promise<{ producerId: string; epoch: number }> {
  const connecting = connect(kafka);
  try {
    const cluster = await connecting;
    await cluster.refreshMetadata();
    for (let attempt = 1; ; attempt++) {
      try {
        const broker = await cluster.findControllerBroker();
        const { producerId, producerEpoch } = await broker.initProducerId({ transactionTimeout: 60_000 });
        return { producerId, epoch: producerEpoch };
      } catch (error) {
        if (attempt === ALLOCATION_ATTEMPTS || !(error as KafkaError).retriable) throw error;
        await new Promise((resolve) => setTimeout(resolve, ALLOCATION_PAUSE_MS));
      }
    }
  } finally {
    await disconnect(connecting);
  }
}

/** What the broker's fence says; everything else is an outage. */
const REFUSALS: Record<string, 'duplicate' | 'out_of_order'> = {
  DUPLICATE_SEQUENCE_NUMBER: 'duplicate',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'out_of_order',
  UNKNOWN_PRODUCER_ID: 'out_of_order', // brokers before 2.5
};

function isRefusal(error: unknown): boolean {
  return ((error as KafkaError).type ?? '') in REFUSALS;
}

function produce(broker: Broker, batches: readonly PartitionRecords[]): Promise<ProduceAnswer> {
  const request = produceRequest({ acks: ALL_REPLICAS, timeout: ACKNOWLEDGE_WITHIN_MS, batches });
  return broker.connectionPool.send<ProduceAnswer>(request);
}

async function offsetAt(
  broker: Broker,
  topic: string,
  partition: number,
  timestamp: string,
): Promise<number> {
  const topics = [{ topic, partitions: [{ partition, timestamp }] }];
  const { responses } = await broker.listOffsets({ isolationLevel: READ_UNCOMMITTED, topics });
  return Number(responses[0]!.partitions[0]!.offset);
}

async function recordAt(
  broker: Broker,
  topic: string,
  partition: number,
  offset: number,
): Promise<LastRecord> {
  const { responses } = await broker.fetch({
    isolationLevel: READ_UNCOMMITTED,
    maxWaitTime: 500,
    minBytes: 1,
    topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: 1 }] }], // one batch, however large
  });
  const record = responses[0]?.partitions[0]?.messages.find((message) => message.offset === String(offset));
  if (!record) throw new Error(`${topic}/${partition} gave no record at offset ${offset}`);
  const position = textOf(record.headers?.['position']);
  return {
    position: position !== null && /^[1-9]\d{0,15}$/.test(position) ? Number(position) : null,
    id: textOf(record.headers?.['ce_id']),
  };
}

/** Null also for a header that is there twice: ours never are. */
function textOf(header: unknown): string | null {
  return Buffer.isBuffer(header) ? header.toString() : null;
}

interface KafkaError {
  /** The protocol's name of the error. */
  type?: string;
  retriable?: boolean;
}
