import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CompressionCodecs } from 'kafkajs';
import { registerCodecs } from './codecs';
import { RecordsUnreadableError } from './records-unreadable.error';
import { DECOMPRESSED_LIMIT_BYTES } from './size.limit';
import { lz4Codec } from './lz4.codec';
import { snappyCodec } from './snappy.codec';
import { zstdCodec } from './zstd.codec';

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

/** As Kafka numbers them in a batch's attributes. */
const CODECS = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 };
const names = Object.keys(CODECS) as (keyof typeof CODECS)[];

registerCodecs();
const codec = (type: number) => (CompressionCodecs[type as 1] as () => Codec)();

/** The decompressed records of every batch in a log segment (message format 2). */
async function recordsIn(segment: Buffer): Promise<{ types: Set<number>; plain: Buffer }> {
  const types = new Set<number>();
  const parts: Buffer[] = [];
  for (let at = 0; at < segment.length;) {
    const end = at + 12 + segment.readInt32BE(at + 8);
    const type = segment.readInt16BE(at + 21) & 7;
    types.add(type);
    parts.push(await codec(type).decompress(segment.subarray(at + 61, end)));
    at = end;
  }
  return { types, plain: Buffer.concat(parts) };
}

describe.each(names)('%s', (name) => {
  it.each(['java', 'librdkafka'])(
    'given what a %s client wrote, then every record is read',
    async (client) => {
      const file = join(__dirname, '..', 'fixtures', `${client}-${name}.segment`);
      const { types, plain } = await recordsIn(readFileSync(file));

      expect(types).toEqual(new Set([CODECS[name]]));
      const missing = [...Array(300).keys()].filter((n) => !plain.includes(`${n}:${'lorem '.repeat(n)}`));
      expect(missing).toEqual([]);
      expect(plain.length).toBeGreaterThan(6 * ((300 * 299) / 2));
    },
  );

  it.each([0, 1, 70_000, 9_000_000])('given %i bytes, then they come back as they were', async (size) => {
    const noise = Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * i * 31) % 251));
    const buffer = Buffer.alloc(size, noise);

    const compressed = await codec(CODECS[name]).compress({ buffer });

    expect(Buffer.compare(await codec(CODECS[name]).decompress(compressed), buffer)).toBe(0);
  });

  it('given damaged bytes, then it fails as unreadable, which kafkajs does not retry', async () => {
    const compressed = await codec(CODECS[name]).compress({ buffer: Buffer.alloc(10_000, 'abc') });
    const damaged = compressed.subarray(0, compressed.length - 5);

    const error: unknown = await codec(CODECS[name])
      .decompress(damaged)
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(RecordsUnreadableError);
    expect(error).toMatchObject({ retriable: false });
  });
});

describe('the limit to what comes out', () => {
  const tooMuch = DECOMPRESSED_LIMIT_BYTES + 1;

  it('gzip: given a batch beyond it, then it is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(tooMuch));
    await expect(codec(CODECS.gzip).decompress(bomb)).rejects.toThrow('the limit is');
  });

  it('snappy: given a length beyond it, then it is refused before anything is allocated', async () => {
    const raw = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]);
    await expect(snappyCodec.decompress(raw)).rejects.toThrow('the limit is');
    const framed = Buffer.concat([
      Buffer.from('82534e4150505900', 'hex'),
      Buffer.from('0000000100000001', 'hex'),
      Buffer.from('00000006', 'hex'),
      raw,
    ]);
    await expect(snappyCodec.decompress(framed)).rejects.toThrow('the limit is');
  });

  it('lz4: given a batch beyond it, then it is refused', async () => {
    const bomb = await lz4Codec.compress({ buffer: Buffer.alloc(tooMuch) });
    await expect(lz4Codec.decompress(bomb)).rejects.toThrow('the limit is');
  });

  it('zstd: given a batch beyond it, or a window, then it is refused', async () => {
    const bomb = await zstdCodec.compress({ buffer: Buffer.alloc(tooMuch) });
    expect(() => zstdCodec.decompress(bomb)).toThrow('the limit is');
    const wideWindow = Buffer.from('28b52ffd00b0010000', 'hex'); // 2^(10+22) bytes
    expect(() => zstdCodec.decompress(wideWindow)).toThrow('the limit is');
  });
});
