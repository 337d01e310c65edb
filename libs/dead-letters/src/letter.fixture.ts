import { type DeadLetter, type RawRecord } from '#libs/processing';
import { aRecord } from '#libs/testing';
import { type LetterTopic } from './index';

let published = 0;

/** A copy in the dead letters' topic, as the service's own producer would have put it there. */
export function aCopy(of: RawRecord, differences: Partial<DeadLetter & { at: string }> = {}): RawRecord {
  published += 1;
  const { stage = 'flow', code = 'flow_unreadable', message = 'm', attempt = 1 } = differences;
  const at = differences.at ?? new Date(Date.UTC(2026, 0, 1) + published * 1_000).toISOString();
  const { topic, partition, offset } = of;
  const added = { topic, partition, offset, stage, code, message, at, attempt };
  const headers = Object.entries(added).map(([name, text]) => {
    const own = [of.headers[`errors.${name}`] ?? []].flat();
    const values = [...own, Buffer.from(String(text))];
    return [`errors.${name}`, values.length === 1 ? values[0] : values];
  });
  return {
    ...of,
    topic: 'task-dead-letters',
    partition: 0,
    offset: String(published),
    timestamp: String(published),
    headers: { ...of.headers, ...(Object.fromEntries(headers) as RawRecord['headers']) },
  };
}

export const theRecord = (offset: number, differences: Partial<RawRecord> = {}): RawRecord =>
  aRecord(offset, `value ${offset}`, differences);

/** The dead letters' topic with these records in one partition; counts how often it was read. */
export function aTopic(copies: readonly RawRecord[]): LetterTopic & { readings: number } {
  const topic = {
    readings: 0,
    partitions: [{ partition: 0, records: copies.length }],
    async *read() {
      topic.readings += 1;
      for (let i = 0; i < copies.length; i += 2) yield copies.slice(i, i + 2);
    },
  };
  return topic;
}
