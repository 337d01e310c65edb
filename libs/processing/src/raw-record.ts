/** A Kafka record as it was read, undecoded. `topic` is the name without the deployment's prefix. */
export interface RawRecord {
  topic: string;
  partition: number;
  offset: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, Buffer | string | (Buffer | string)[] | undefined>;
  /** The record's timestamp, milliseconds since the epoch as decimal text. */
  timestamp: string;
}
