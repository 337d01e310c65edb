import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type OutgoingRecord } from '#libs/messaging';
import { type DataSet } from './data-set';

/** The data set's events as records to publish, in the file's order. */
export function recordsOf({ events }: DataSet): OutgoingRecord[] {
  const content = readFileSync(events);
  return (events.endsWith('.gz') ? gunzipSync(content) : content)
    .toString('utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const { value, ...record } = JSON.parse(line) as Omit<OutgoingRecord, 'value'> & { value: unknown };
      return { ...record, value: JSON.stringify(value) };
    });
}

/** Cuts a list into `count` parts, in order, of nearly the same length. */
export function inParts<T>(items: readonly T[], count: number): T[][] {
  return Array.from({ length: count }, (_, i) =>
    items.slice(Math.floor((i * items.length) / count), Math.floor(((i + 1) * items.length) / count)),
  );
}
