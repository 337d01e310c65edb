/**
 * Stands for a header that has a name and no value, recognised by identity. Readers see an empty buffer, so that nobody
 * stumbles over a null; a dead letter gets the null back.
 */
export const NULL_HEADER: Buffer = Buffer.alloc(0);

/**
 * kafkajs can read a null header but not write one: it measures the value with `Buffer.byteLength`, which throws. Its encoder
 * then reads a buffer's `length` twice, first to write it (−1 means null to Kafka), then to move on by it, and has the buffer
 * copy itself in between. `dead-letter.producer.int.spec.ts` holds this to a real broker.
 */
export function encodableNullHeader(): Buffer {
  let reads = 0;
  return Object.defineProperties(Buffer.alloc(0), {
    length: {
      get: () => {
        reads += 1;
        return reads % 2 === 1 ? -1 : 0;
      },
    },
    copy: { value: () => 0 },
  });
}
