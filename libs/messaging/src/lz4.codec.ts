import { compressFrame, decompressFrame } from 'lz4-napi';
import { refuseOversize } from './size.limit';

const MAGIC = 0x184d2204;
/** By the block size code of the frame's BD byte (LZ4 frame format 1.6.4). */
const BLOCK_BYTES: Record<number, number> = { 4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 1 << 22 };
/** LZ4's format cannot do better than 255 to 1. */
const BEST_RATIO = 255;

/** LZ4 in its frame format, as Kafka since message format 1 has it. */
export const lz4Codec = {
  compress: ({ buffer }: { buffer: Buffer }): Promise<Buffer> => compressFrame(buffer),
  async decompress(buffer: Buffer): Promise<Buffer> {
    refuseOversize('lz4', upperBound(buffer));
    return decompressFrame(buffer);
  },
};

/** Not less than what a frame decompresses to, from its block headers alone; most frames do not name their size. */
function upperBound(frame: Buffer): number {
  if (frame.length < 7 || frame.readUInt32LE(0) !== MAGIC) return 0; // the library says what is wrong with it
  const flags = frame[4]!;
  const blockBytes = BLOCK_BYTES[(frame[5]! >> 4) & 7] ?? 1 << 22;
  const checksumBytes = flags & 0x10 ? 4 : 0;
  let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  let sum = 0;
  while (at + 4 <= frame.length) {
    const header = frame.readUInt32LE(at);
    if (header === 0) break;
    const stored = header & 0x7fffffff;
    sum += header >>> 31 ? stored : Math.min(blockBytes, stored * BEST_RATIO);
    at += 4 + stored + checksumBytes;
  }
  return sum;
}
