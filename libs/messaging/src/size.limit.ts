import { RecordsUnreadableError } from './records-unreadable.error';

/**
 * The most one compressed record batch may become, in bytes. An input batch is at most 8 MiB on the wire, and JSON seldom
 * shrinks below a tenth; Zstandard and LZ4 can turn 8 MiB into gigabytes, which would take the process down.
 */
export const DECOMPRESSED_LIMIT_BYTES = 256 * 1024 * 1024;

/** @throws RecordsUnreadableError when a batch would decompress to more than the limit. */
export function refuseOversize(codec: string, bytes: number): void {
  if (bytes <= DECOMPRESSED_LIMIT_BYTES) return;
  throw new RecordsUnreadableError(
    `A ${codec} record batch decompresses to ${bytes} bytes; the limit is ${DECOMPRESSED_LIMIT_BYTES}. Have its producer send smaller batches; to go on without this one, delete the partition's records up to and including it (kafka-delete-records.sh), then run 'npm run cli -- reset --positions <topic>'.`,
  );
}
