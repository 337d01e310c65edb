import response from 'kafkajs/src/protocol/requests/produce/v7/response';
import { encodeRecordBatch, type RecordBatch } from './record-batch.encoder';

export interface Produce {
  /** With the deployment's prefix. */
  topic: string;
  partition: number;
  /** -1: all in-sync replicas. */
  acks: number;
  /** Milliseconds the broker may wait for its replicas. */
  timeout: number;
  batch: RecordBatch;
}

/** What is used of the broker's answer to a request of one batch; an error in it was thrown by kafkajs. */
export interface ProduceAnswer {
  topics: { partitions: { baseOffset: string }[] }[];
}

const API_KEY = 0;
/** The first that takes Zstandard, and the last that kafkajs can read the answer of: Kafka 2.1 to 4. */
const API_VERSION = 7;

/**
 * One batch for one partition, as the request kafkajs' connections send (Kafka protocol guide, "Produce Request (Version: 7)").
 * Its own `broker.produce` would encode the records itself: see `encodeRecordBatch` for what that costs.
 */
export function produceRequest(produce: Produce) {
  return {
    request: {
      apiKey: API_KEY,
      apiVersion: API_VERSION,
      apiName: 'Produce',
      expectResponse: () => true,
      encode: async () => {
        const buffer = await encodeProduce(produce);
        // An encoder, as far as kafkajs looks.
        return { buf: buffer, buffer };
      },
    },
    response,
  };
}

/** The request's body. */
export async function encodeProduce({ topic, partition, acks, timeout, batch }: Produce): Promise<Buffer> {
  const records = await encodeRecordBatch(batch);
  const name = Buffer.from(topic);
  const head = Buffer.allocUnsafe(26 + name.length);
  let at = head.writeInt16BE(-1, 0); // no transactional id
  at = head.writeInt16BE(acks, at);
  at = head.writeInt32BE(timeout, at);
  at = head.writeInt32BE(1, at); // topics
  at = head.writeInt16BE(name.length, at);
  at += name.copy(head, at);
  at = head.writeInt32BE(1, at); // partitions
  at = head.writeInt32BE(partition, at);
  head.writeInt32BE(records.length, at);
  return Buffer.concat([head, records]);
}
