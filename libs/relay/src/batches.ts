import { type LogEntry } from './log';

/** Above what a record's lengths, deltas and attributes take in Kafka's format, and a header's two lengths. */
const RECORD_OVERHEAD = 40;
const HEADER_OVERHEAD = 10;

/** An upper bound of the bytes an entry takes in an uncompressed batch. */
export function sizeOf(entry: LogEntry): number {
  let bytes = RECORD_OVERHEAD + Buffer.byteLength(entry.key) + Buffer.byteLength(entry.value);
  for (const [name, value] of Object.entries(entry.headers)) {
    bytes += HEADER_OVERHEAD + Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  return bytes;
}

/** Cuts entries, in order, into batches of at most `maxBytes`; an entry that is larger goes alone. */
export function* batchesOf(entries: LogEntry[], maxBytes: number): Generator<LogEntry[]> {
  let batch: LogEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = sizeOf(entry);
    if (batch.length > 0 && bytes + size > maxBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
