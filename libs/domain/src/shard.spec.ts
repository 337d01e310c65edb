import { murmur2, shardOf } from './shard';

/** Made with org.apache.kafka.common.utils.Utils.murmur2 of kafka-clients 4.4.0 (and `& 0x7fffffff`, `% 12`). */
const VECTORS: [key: string, hash: number, shardOf12: number][] = [
  ['', 275646681, 9],
  ['a', -1563381124, 4],
  ['ab', 316155434, 2],
  ['abc', 479470107, 3],
  ['abcd', -1323649548, 8],
  ['21', -973932308, 0],
  ['foobar', -790332482, 6],
  ['conv-1', 1517270300, 8],
  ['sgd-1_00027', 1278018941, 5],
  ['conversation-123456789', -1190200439, 9],
  ['0123456789abcdef0123456789abcdef', 81657833, 5],
  ['ü', 1419834458, 2],
  ['Gespräch 7', -659008982, 6],
  ['会話-42', 2700136, 4],
  ['📞', -1736527973, 3],
  ['разговор', 587521422, 6],
  ['x'.repeat(128), -645564713, 3],
];

describe('shardOf', () => {
  it.each(VECTORS)("hashes %j as Kafka's Java client does", (key, hash, shard) => {
    expect(murmur2(Buffer.from(key, 'utf8'))).toBe(hash);
    expect(shardOf(key, 12)).toBe(shard);
  });

  it('masks the sign bit where Math.abs would give another shard', () => {
    // -1563381124 & 0x7fffffff is 584102524; the absolute value is 1563381124.
    expect(shardOf('a', 1_000)).toBe(524);
  });

  it.each([0, -1, 1.5, NaN])('refuses %p shards', (shards) => {
    expect(() => shardOf('a', shards)).toThrow(RangeError);
  });
});
