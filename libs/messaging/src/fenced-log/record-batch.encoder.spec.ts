import fc from 'fast-check';
import { CompressionTypes } from 'kafkajs';
import kafkajsRequest from 'kafkajs/src/protocol/requests/produce/v7/request';
import { registerCodecs } from '../codecs';
import { encodeProduce } from './produce.request';
import { type OutgoingText } from './record-batch.encoder';

registerCodecs();

const TIMESTAMP = 1_770_000_000_000;

/** Text of all lengths at which a varint or a way of writing changes. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 70 }),
  fc.constantFrom('a'.repeat(63), 'a'.repeat(64), 'a'.repeat(65), 'é'.repeat(64), 'x'.repeat(9_000), ''),
);
const record: fc.Arbitrary<OutgoingText> = fc.record({
  key: text,
  value: text,
  headers: fc.dictionary(fc.string({ minLength: 1 }), text, { maxKeys: 20 }),
});

/** The request as kafkajs' own encoder writes it. */
async function asKafkajs(
  records: OutgoingText[],
  {
    producerId,
    firstSequence,
    compression,
  }: { producerId: string; firstSequence: number; compression: number },
): Promise<Buffer> {
  const messages = records.map((each) => ({ ...each, timestamp: TIMESTAMP }));
  const topicData = [{ topic: 'task-activity', partitions: [{ partition: 7, firstSequence, messages }] }];
  const options = { acks: -1, timeout: 10_000, producerId, producerEpoch: 3, compression, topicData };
  return (await kafkajsRequest(options).encode()).buffer;
}

describe('a batch of records', () => {
  it.each([CompressionTypes.None, CompressionTypes.LZ4, CompressionTypes.GZIP])(
    'is the very bytes that kafkajs writes, with compression %p',
    async (compression) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(record, { minLength: 1, maxLength: 150 }),
          fc.nat({ max: 2 ** 31 - 1 }),
          fc.bigInt({ min: 0n, max: 2n ** 62n }),
          async (records, firstSequence, id) => {
            const producerId = String(id);
            const own = await encodeProduce({
              acks: -1,
              timeout: 10_000,
              batches: [
                {
                  topic: 'task-activity',
                  partition: 7,
                  batch: {
                    records,
                    timestamp: TIMESTAMP,
                    producerId,
                    producerEpoch: 3,
                    firstSequence,
                    compression,
                  },
                },
              ],
            });
            const theirs = await asKafkajs(records, { producerId, firstSequence, compression });
            expect(own.equals(theirs)).toBe(true);
          },
        ),
        { numRuns: 60 },
      );
    },
  );
});
