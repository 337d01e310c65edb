import { type RawRecord } from '#libs/processing';

/** Headers as text; those that are there more than once as a list. */
export function textHeaders(headers: RawRecord['headers']): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : String(value)]),
  );
}

/** The value of a header as text; of one that is there more than once the last, as it counts in Kafka. */
export function headerOf(headers: RawRecord['headers'], name: string): string | undefined {
  const value = headers[name];
  const last = Array.isArray(value) ? value.at(-1) : value;
  return last === undefined ? undefined : String(last);
}

/** A record for machines: in lines that `events publish` takes again. A value that is no JSON object is text. */
export function recordAsJson(record: RawRecord): Record<string, unknown> {
  return {
    partition: record.partition,
    offset: record.offset,
    topic: record.topic,
    key: record.key?.toString('utf8') ?? null,
    headers: textHeaders(record.headers),
    value: valueOf(record.value),
  };
}

function valueOf(value: Buffer | null): unknown {
  if (value === null) return null;
  const text = value.toString('utf8');
  if (!text.startsWith('{')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
