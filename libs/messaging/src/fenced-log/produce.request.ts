import { createErrorFromCode, failure } from 'kafkajs/src/protocol/error';
import { decode } from 'kafkajs/src/protocol/requests/produce/v7/response';
import { encodeRecordBatch, type RecordBatch } from './record-batch.encoder';

export interface Produce {
  /** -1: all in-sync replicas. */
  acks: number;
  /** Milliseconds the broker may wait for its replicas. */
  timeout: number;
  /** Of a partition each. */
  batches: readonly PartitionRecords[];
}

/** A batch, and where it is to go. */
export interface PartitionRecords {
  /** With the deployment's prefix. */
  topic: string;
  partition: number;
  batch: RecordBatch;
}

/** What the broker says of each batch, in their order: the offset of its first record, or kafkajs' error of why it is not there. */
export type ProduceAnswer = (number | Error)[];

const API_KEY = 0;
/** The first that takes Zstandard, and the last that kafkajs can read the answer of: Kafka 2.1 to 4. */
const API_VERSION = 7;

/**
 * Batches for partitions that one broker leads, as the request kafkajs' connections send (Kafka protocol guide, "Produce Request
 * (Version: 7)"). Its own `broker.produce` would encode the records itself (see `encodeRecordBatch` for what that costs), and make
 * one error of what the broker says of several partitions.
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
    response: {
      decode,
      parse: async ({ topics }: Awaited<ReturnType<typeof decode>>): Promise<ProduceAnswer> =>
        produce.batches.map(({ topic, partition }) => {
          const said = topics
            .find(({ topicName }) => topicName === topic)
            ?.partitions.find((each) => each.partition === partition);
          if (!said) return new Error(`the broker says nothing of ${topic}/${partition}`);
          return failure(said.errorCode) ? createErrorFromCode(said.errorCode) : Number(said.baseOffset);
        }),
    },
  };
}

/** The request's body. */
export async function encodeProduce({ acks, timeout, batches }: Produce): Promise<Buffer> {
  const topics = [...new Set(batches.map(({ topic }) => topic))];
  const head = Buffer.allocUnsafe(12);
  let at = head.writeInt16BE(-1, 0); // no transactional id
  at = head.writeInt16BE(acks, at);
  at = head.writeInt32BE(timeout, at);
  head.writeInt32BE(topics.length, at);
  const bodies = topics.map((topic) =>
    encodeTopic(
      topic,
      batches.filter((each) => each.topic === topic),
    ),
  );
  return Buffer.concat([head, ...(await Promise.all(bodies)).flat()]);
}

async function encodeTopic(topic: string, batches: readonly PartitionRecords[]): Promise<Buffer[]> {
  const name = Buffer.from(topic);
  const head = Buffer.allocUnsafe(6 + name.length);
  let at = head.writeInt16BE(name.length, 0);
  at += name.copy(head, at);
  head.writeInt32BE(batches.length, at);
  const partitions = batches.map(async ({ partition, batch }) => {
    const records = await encodeRecordBatch(batch);
    const before = Buffer.allocUnsafe(8);
    before.writeInt32BE(records.length, before.writeInt32BE(partition, 0));
    return [before, records];
  });
  return [head, ...(await Promise.all(partitions)).flat()];
}
