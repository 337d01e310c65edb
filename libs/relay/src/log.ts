/** The two logs each shard has; a log is mirrored to the topic of the same meaning. */
export type LogName = 'activity' | 'rejection';

/** One entry of a shard's log, as the relay needs it: already in the words of the wire. */
export interface LogEntry {
  /** 1, 2, 3 … without gaps; the record's offset plus one. */
  position: number;
  key: string;
  /** The CloudEvents binary-mode headers, `position` and, if there is one, `traceparent`. */
  headers: Record<string, string>;
  /** The event's data, JSON. */
  value: string;
}

/** The last position of each log, by shard. */
export type LogHeads = Record<LogName, Map<number, number>>;

/** What a shard's few entries are: those of several shards are better read and sent together. */
export const FEW_ENTRIES = 50;

/** Port: the logs in the database. Implemented in persistence. */
export interface LogSource {
  /** The last position of both logs of each shard; absent or 0 where one is empty. */
  heads(): Promise<LogHeads>;
  /** Entries after `afterPosition` in order, at most `limit`, contiguous. Of few, those asked for at once are read together. */
  read(log: LogName, shard: number, afterPosition: number, limit: number): Promise<LogEntry[]>;
}
