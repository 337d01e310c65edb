import { type LogEntry, type LogName } from './log';

/** The record at the end of a partition, as far as it tells who wrote it. */
export interface LastRecord {
  /** Its `position` header; null when it has none that is a number, so that it cannot be the relay's. */
  position: number | null;
  /** Its `ce_id` header. */
  id: string | null;
}

/** Where a shard's log ends in its topic. */
export interface TopicEnd {
  /** The offset the next record gets. As only the relay writes here, it is the number of entries published. */
  nextOffset: number;
  /** Null when the partition is empty, also when retention has deleted all it held (then `nextOffset` is still > 0). */
  last: LastRecord | null;
}

/**
 * What became of a batch.
 * - `appended`: it is in the topic, its first record at `baseOffset`; also when this very batch was appended before and the
 *   broker still knew it, in which case `baseOffset` is the old one.
 * - `duplicate`, `out_of_order`: the broker's fence refused it, since it holds what is already there, or leaves a gap.
 * - `unavailable`: unknown; it may have been appended, or may be yet.
 * After anything but `appended`, look at the end before going on.
 */
export type AppendResult =
  | { outcome: 'appended'; baseOffset: number }
  | { outcome: 'duplicate' | 'out_of_order' | 'unavailable'; cause: Error };

/**
 * Port: the topics the logs are mirrored to, a log's shard n to partition n. Implemented in messaging.
 * An implementation refuses, whoever sends it, a batch that does not begin at the position after the last one appended.
 */
export interface LogTopic {
  /** The topic's full name, for messages to people. */
  nameOf(log: LogName): string;
  /** Looks at the partition's end. Throws when it cannot be reached. */
  end(log: LogName, shard: number): Promise<TopicEnd>;
  /**
   * Appends entries whose positions are `firstPosition`, `firstPosition + 1` … in one batch, all or none. At most one call per
   * log and shard at a time. Never throws.
   */
  append(log: LogName, shard: number, firstPosition: number, entries: LogEntry[]): Promise<AppendResult>;
}
