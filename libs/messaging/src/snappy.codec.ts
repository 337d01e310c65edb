import createSnappyCodec from 'kafkajs-snappy';
import { refuseOversize } from './size.limit';

const codec = createSnappyCodec();
const FRAMED_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const FRAMED_HEADER_BYTES = 16;

/** Snappy: raw, as librdkafka writes it, and framed, as Java does. We write it raw. */
export const snappyCodec = {
  compress: (encoder: { buffer: Buffer }): Promise<Buffer> => codec.compress(encoder),
  async decompress(buffer: Buffer): Promise<Buffer> {
    refuseOversize('snappy', decompressedLength(buffer));
    return codec.decompress(buffer);
  },
};

/** What the lengths in front of each block add up to: the library allocates them unseen. */
function decompressedLength(buffer: Buffer): number {
  if (!buffer.subarray(0, FRAMED_MAGIC.length).equals(FRAMED_MAGIC)) return leadingVarint(buffer, 0);
  let sum = 0;
  for (let at = FRAMED_HEADER_BYTES; at + 4 <= buffer.length;) {
    sum += leadingVarint(buffer, at + 4);
    at += 4 + buffer.readUInt32BE(at);
  }
  return sum;
}

function leadingVarint(buffer: Buffer, start: number): number {
  let value = 0;
  for (let i = 0; i < 5; i += 1) {
    const byte = buffer[start + i] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) break;
  }
  return value;
}
