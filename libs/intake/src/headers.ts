import { type RawRecord } from '#libs/processing';
import { decodeUtf8, refuseUnstorable } from './json';
import { Refusal } from './refusal';

const PREFIX = 'ce_';
/** Plain headers that are read; the rest is the producer's own. */
const PLAIN = new Set(['content-type', 'traceparent']);

/** The headers of a record that are read, decoded. */
export interface EventHeaders {
  /** `ce_` headers by attribute name. Kafka's CloudEvents binding writes values as UTF-8, not percent-encoded. */
  attributes: Record<string, string>;
  contentType?: string;
  traceparent?: string;
}

/**
 * Reads the CloudEvents headers. Their names are matched without case. One without a value is as absent; one repeated with the same value counts
 * once, with different ones it is refused, since nobody could say which is meant (a repeated `traceparent` is dropped, as W3C has it).
 *
 * @throws Refusal
 */
export function readHeaders(headers: RawRecord['headers']): EventHeaders {
  const attributes: Record<string, string> = {};
  const plain: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const lower = name.toLowerCase();
    const isAttribute = lower.startsWith(PREFIX);
    if (!isAttribute && !PLAIN.has(lower)) continue;
    const value = headers[name];
    if (value === undefined || value === null) continue;
    const text = single(name, value, lower === 'traceparent');
    if (text === undefined) continue;
    if (isAttribute) attributes[lower.slice(PREFIX.length)] = text;
    else plain[lower] = text;
  }
  return { attributes, contentType: plain['content-type'], traceparent: plain['traceparent'] };
}

function single(
  name: string,
  value: NonNullable<RawRecord['headers'][string]>,
  isTrace: boolean,
): string | undefined {
  if (isTrace) {
    const [first, ...others] = [value].flat();
    return first === undefined || others.length > 0 ? undefined : first.toString();
  }
  if (!Array.isArray(value)) return textOf(name, value);
  const texts = new Set(value.map((one) => textOf(name, one)));
  if (texts.size > 1)
    throw new Refusal(
      'repeated_header',
      `header ${printable(name)} is there more than once, with different values`,
    );
  return [...texts][0];
}

function textOf(name: string, value: Buffer | string): string {
  if (typeof value !== 'string') value = decodeUtf8(value, `header ${printable(name)}`);
  refuseUnstorable(value, `header ${printable(name)}`);
  return value;
}

function printable(name: string): string {
  return /^[\w-]{1,64}$/.test(name) ? name : JSON.stringify(name.slice(0, 64));
}
