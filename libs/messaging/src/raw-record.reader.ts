import { type KafkaMessage } from 'kafkajs';
import { type RawRecord } from '#libs/processing';
import { NULL_HEADER } from './null-header';

/** A fetched message as the record the rest of the service knows. `topic` is the name without the prefix. */
export function rawRecordOf(topic: string, partition: number, message: KafkaMessage): RawRecord {
  return {
    topic,
    partition,
    offset: message.offset,
    key: message.key,
    value: message.value,
    headers: headersOf(message.headers),
    timestamp: message.timestamp,
  };
}

/**
 * kafkajs collects headers in a plain object, where a header named `constructor` or `__proto__` finds something inherited
 * already there and becomes an array of that and its value: take only what can have come from the wire.
 */
function headersOf(headers: Record<string, unknown> | undefined): RawRecord['headers'] {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => {
      if (!Array.isArray(value)) return [name, bytes(value)];
      const values = value.filter((each) => each === null || Buffer.isBuffer(each)).map(bytes);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}

function bytes(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : NULL_HEADER;
}
