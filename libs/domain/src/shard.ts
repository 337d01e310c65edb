/**
 * Kafka's 32-bit murmur2 over bytes, as `org.apache.kafka.common.utils.Utils.murmur2` of the Java client
 * computes it. `Math.imul` keeps every product to 32 bits; the result is signed, as in Java.
 */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  const m = 0x5bd1e995;
  let h = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const rest = length - whole;
  if (rest === 3) h ^= bytes[whole + 2]! << 16;
  if (rest >= 2) h ^= bytes[whole + 1]! << 8;
  if (rest >= 1) h = Math.imul(h ^ bytes[whole]!, m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  h ^= h >>> 15;
  return h;
}

/**
 * The shard a conversation belongs to: the partition that Kafka's Java client (or librdkafka with
 * `partitioner=murmur2_random`) gives its id as a key. The sign bit is masked, not negated, as Kafka does.
 *
 * @param conversationId the key's text; hashed as UTF-8
 * @param shards how many shards the deployment has, at least 1
 * @throws RangeError when `shards` is not a positive integer, since NaN would be a shard nobody owns
 */
export function shardOf(conversationId: string, shards: number): number {
  if (!Number.isInteger(shards) || shards < 1)
    throw new RangeError(`shards must be a positive integer, got ${shards}`);
  return (murmur2(Buffer.from(conversationId, 'utf8')) & 0x7fffffff) % shards;
}
