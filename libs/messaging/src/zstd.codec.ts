import { decompress } from 'fzstd';
import { ZstdCodec, type ZstdStreaming } from 'zstd-codec';
import { refuseOversize } from './size.limit';

/** The compressor has a heap of 16 MiB: 6 MB given in one piece end it with "OOM". */
const CHUNK_BYTES = 64 * 1024;
const LEVEL = 3;
const MAGIC = 0xfd2fb528;
/** A compressed block holds at most this much (RFC 8878, 3.1.1.2.4). */
const BLOCK_BYTES = 128 * 1024;

let streaming: Promise<ZstdStreaming> | undefined;

/** Zstandard: read by fzstd, which is all JavaScript and the faster; written by zstd-codec. */
export const zstdCodec = {
  async compress({ buffer }: { buffer: Buffer }): Promise<Buffer> {
    streaming ??= loadCompressor();
    const compressed = (await streaming).compressChunks(chunksOf(buffer), buffer.length + 1024, LEVEL);
    if (compressed === null) throw new Error(`zstd could not compress ${buffer.length} bytes`);
    return Buffer.from(compressed.buffer, compressed.byteOffset, compressed.byteLength);
  },
  decompress(buffer: Buffer): Promise<Buffer> {
    refuseOversize('zstd', upperBound(buffer));
    const plain = decompress(buffer);
    return Promise.resolve(Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength));
  },
};

/** The binding, with its heap, comes into being here and not when the module is loaded. */
function loadCompressor(): Promise<ZstdStreaming> {
  return new Promise((resolve) => ZstdCodec.run(({ Streaming }) => resolve(new Streaming())));
}

function* chunksOf(buffer: Buffer): Generator<Uint8Array> {
  for (let at = 0; at < buffer.length; at += CHUNK_BYTES) yield buffer.subarray(at, at + CHUNK_BYTES);
}

/** Not less than what the first frame decompresses to, or allocates, from its headers alone (RFC 8878, 3.1.1). */
function upperBound(frame: Buffer): number {
  if (frame.length < 6 || frame.readUInt32LE(0) !== MAGIC) return 0; // the library says what is wrong with it
  const descriptor = frame[4]!;
  const singleSegment = (descriptor >> 5) & 1;
  const sizeBytes = [singleSegment, 2, 4, 8][descriptor >> 6]!;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  let at = 5 + (singleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
  let sum = 0;
  for (let last = false; !last && at + 3 <= frame.length;) {
    const header = frame.readUIntLE(at, 3);
    last = (header & 1) === 1;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    sum += type === 2 ? BLOCK_BYTES : size;
    at += 3 + (type === 1 ? 1 : size);
  }
  const window = singleSegment ? declaredSize(frame, sizeBytes, 5 + dictionaryBytes) : windowSize(frame[5]!);
  return Math.max(sum, window);
}

/** fzstd allocates the window, or the whole of a single-segment frame, before it has read a block. */
function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function declaredSize(frame: Buffer, bytes: number, at: number): number {
  if (at + bytes > frame.length) return 0;
  if (bytes === 8) return Number(frame.readBigUInt64LE(at));
  return bytes === 0 ? 0 : frame.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0);
}
