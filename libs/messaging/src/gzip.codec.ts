import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { DECOMPRESSED_LIMIT_BYTES, refuseOversize } from './size.limit';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** gzip as kafkajs has it, with a limit to what comes out. */
export const gzipCodec = {
  compress: ({ buffer }: { buffer: Buffer }): Promise<Buffer> => compress(buffer),
  async decompress(buffer: Buffer): Promise<Buffer> {
    try {
      return await decompress(buffer, { maxOutputLength: DECOMPRESSED_LIMIT_BYTES });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
        refuseOversize('gzip', DECOMPRESSED_LIMIT_BYTES + 1);
      }
      throw error;
    }
  },
};
