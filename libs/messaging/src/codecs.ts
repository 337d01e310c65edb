import kafkajs from 'kafkajs';
import { gzipCodec } from './gzip.codec';
import { lz4Codec } from './lz4.codec';
import { RecordsUnreadableError } from './records-unreadable.error';
import { snappyCodec } from './snappy.codec';
import { zstdCodec } from './zstd.codec';

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

/**
 * Teaches kafkajs all four compressions of Kafka (it has gzip alone), with a limit to what comes out. Call it before the
 * first consumer or producer; again does nothing.
 */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  CompressionCodecs[CompressionTypes.GZIP] = () => named('gzip', gzipCodec);
  CompressionCodecs[CompressionTypes.Snappy] = () => named('snappy', snappyCodec);
  CompressionCodecs[CompressionTypes.LZ4] = () => named('lz4', lz4Codec);
  CompressionCodecs[CompressionTypes.ZSTD] = () => named('zstd', zstdCodec);
}

/** Damaged bytes stay damaged: without this, kafkajs retries a batch that cannot be decompressed for ever. */
function named(name: string, codec: Codec): Codec {
  return {
    compress: (encoder) => codec.compress(encoder),
    async decompress(buffer) {
      try {
        return await codec.decompress(buffer);
      } catch (error) {
        if (error instanceof RecordsUnreadableError) throw error;
        const { message } = error as Error;
        throw new RecordsUnreadableError(`A ${name} record batch cannot be decompressed: ${message}`);
      }
    },
  };
}
