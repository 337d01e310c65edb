import { CompressionTypes, type Kafka, Partitioners, type Producer } from 'kafkajs';

/** A record to publish. */
export interface OutgoingRecord {
  /** Without the deployment's prefix. */
  topic: string;
  key: string | Buffer | null;
  /** Null is a tombstone. */
  value: string | Buffer | null;
  headers?: Record<string, string | Buffer | (string | Buffer)[]>;
  /** Without one the Java client's partitioner decides (murmur2 of the key). */
  partition?: number;
}

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

const TYPES: Record<Compression, CompressionTypes> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

/** What one request carries at most, so that a partition's share of it stays under any topic's limit. A larger record goes alone. */
const REQUEST_BYTES = 512 * 1024;

export interface EventProducerOptions {
  topicPrefix: string;
  /** Default none. */
  compression?: Compression;
}

/** Publishes events as the Java client would, for the command line: each partition in the order given, without copies from retries. */
export class EventProducer {
  private readonly producer: Producer;

  constructor(
    kafka: Kafka,
    private readonly options: EventProducerOptions,
  ) {
    this.producer = kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      // A request whose answer was lost with the connection is sent again: the broker then drops the second copy.
      idempotent: true,
    });
  }

  /** @throws when no broker can be reached. */
  async connect(): Promise<void> {
    await this.producer.connect();
  }

  /** Resolves once all in-sync replicas have every record. @throws when the broker refused one or went away. */
  async publish(records: readonly OutgoingRecord[]): Promise<void> {
    for (const request of inRequests(records)) {
      await this.producer.sendBatch({
        acks: -1,
        compression: TYPES[this.options.compression ?? 'none'],
        topicMessages: request.map(({ topic, ...message }) => ({
          topic: this.options.topicPrefix + topic,
          messages: [message],
        })),
      });
    }
  }

  async disconnect(): Promise<void> {
    await this.producer.disconnect();
  }
}

function* inRequests(records: readonly OutgoingRecord[]): Generator<OutgoingRecord[]> {
  let request: OutgoingRecord[] = [];
  let size = 0;
  for (const record of records) {
    const bytes = (record.value?.length ?? 0) + 256;
    if (request.length > 0 && size + bytes > REQUEST_BYTES) {
      yield request;
      request = [];
      size = 0;
    }
    request.push(record);
    size += bytes;
  }
  if (request.length > 0) yield request;
}
