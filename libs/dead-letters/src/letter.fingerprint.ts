import { createHash } from 'node:crypto';
import { type RawRecord } from '#libs/processing';

/**
 * 16 bytes of SHA-256 over a record's key, value and headers, in hex: tells whether two letters are of the same record. Without its
 * timestamp, unlike the fingerprint of an input position: a letter's own is that of when it was published.
 */
export function letterFingerprint({
  key,
  value,
  headers,
}: Pick<RawRecord, 'key' | 'value' | 'headers'>): string {
  const hash = createHash('sha256');
  const add = (part: Buffer | string | null): void => {
    hash.update(part === null ? 'null' : `${Buffer.byteLength(part)}:`);
    if (part !== null) hash.update(part);
  };
  add(key);
  add(value);
  for (const name of Object.keys(headers).sort()) {
    for (const each of [headers[name]].flat()) {
      add(name);
      add(each ?? null);
    }
  }
  return hash.digest('hex').slice(0, 32);
}
