import { createHash } from 'node:crypto';
import { type RawRecord } from './raw-record';

/**
 * How far a partition was read, kept beside what was made of it (invariant 9): a worker starts from the lower of this and
 * the group's committed offset, and stops when the broker has another record where this one was.
 */
export interface InputPosition {
  /** Without the deployment's prefix. */
  topic: string;
  partition: number;
  /** The offset to read next, decimal text. */
  nextOffset: string;
  /** Of the last record before `nextOffset`; at `nextOffset - 1` itself unless a transaction's marker is there. */
  fingerprint: string;
}

/** 16 bytes of SHA-256 over timestamp, key and value, in hex: tells whether the record at an offset is the one that was read. */
export function fingerprintOf(record: Pick<RawRecord, 'key' | 'value' | 'timestamp'>): string {
  const hash = createHash('sha256').update(record.timestamp);
  for (const part of [record.key, record.value]) {
    hash.update(part === null ? 'null' : `${part.length}:`);
    if (part !== null) hash.update(part);
  }
  return hash.digest('hex').slice(0, 32);
}

/** Port: the stored input positions. Where a batch's last transaction wrote one, this reads it. */
export interface InputPositions {
  /** Null when nothing was ever stored of the partition: it is then read from its earliest record. */
  load(topic: string, partition: number): Promise<InputPosition | null>;
  /**
   * Notes that what lies before `nextOffset` is nothing that anybody sees, such as an aborted transaction: no batch will store it.
   * A position that is further stays.
   */
  passOver(topic: string, partition: number, nextOffset: string): Promise<void>;
}

/**
 * The position after consecutive records of one partition, at least one.
 *
 * @param nextOffset where reading goes on when that is further than behind the last record: past a transaction's marker, which
 *   nobody sees. Without it a partition that ends in one would never count as read to its end.
 */
export function positionAfter(records: readonly RawRecord[], nextOffset?: string): InputPosition {
  const last = records.at(-1);
  if (!last) throw new Error('a batch has at least one record');
  const { topic, partition, offset } = last;
  return {
    topic,
    partition,
    nextOffset: nextOffset ?? String(BigInt(offset) + 1n),
    fingerprint: fingerprintOf(last),
  };
}
