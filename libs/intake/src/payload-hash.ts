import { hash } from 'node:crypto';
import { pathInto } from '#libs/contracts';
import { Refusal } from './refusal';

/** What an event says, without what merely carried it. */
export interface Payload {
  type: string;
  subject: string;
  /** Canonical (Instant). */
  time: string;
  data: unknown;
}

/**
 * SHA-256 over the payload as canonical JSON: keys sorted, no space. The same for the same event in every binding, key order and way to write a
 * number or an escape.
 *
 * @throws Refusal `invalid_number` for a number that a double cannot hold: it would be stored as null.
 */
export function payloadHash({ type, subject, time, data }: Payload): Buffer {
  const json = canonicalJson({ type, subject, time, data });
  if (json === undefined) {
    throw new Refusal(
      'invalid_number',
      `${pathOfInfinity(data, 'data')} is a number outside what can be held`,
    );
  }
  return Buffer.from(hash('sha256', json, 'hex'), 'hex'); // half the time of createHash
}

/** Undefined when there is an infinite number in it. Recursive: on values of known depth. */
function canonicalJson(value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return undefined;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let json = '';
  if (Array.isArray(value)) {
    for (const item of value) {
      const inside = canonicalJson(item);
      if (inside === undefined) return undefined;
      json += json === '' ? inside : `,${inside}`;
    }
    return `[${json}]`;
  }
  const object = value as Record<string, unknown>;
  for (const key of Object.keys(object).sort()) {
    const inside = canonicalJson(object[key]);
    if (inside === undefined) return undefined;
    json += `${json === '' ? '' : ','}${JSON.stringify(key)}:${inside}`;
  }
  return `{${json}}`;
}

function pathOfInfinity(value: unknown, path: string): string | undefined {
  if (value === Infinity || value === -Infinity) return path;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const found = pathOfInfinity(item, Array.isArray(value) ? `${path}[${key}]` : pathInto(path, key));
    if (found !== undefined) return found;
  }
  return undefined;
}
