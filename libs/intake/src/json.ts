import { isUtf8 } from 'node:buffer';
import { LIMITS, unstorableStringIn } from '#libs/contracts';
import { isDeeper } from './depth';
import { Refusal } from './refusal';
import { repeatedKey } from './repeated-key';

/**
 * JSON from bytes, with the contract's limits on them: size, UTF-8, levels, keys that are there once, and strings that can be stored. A key
 * `__proto__` is dropped at any depth, since nothing here could pass it on without danger.
 *
 * @param levels how many levels of objects and arrays it may have.
 * @param path what it is called in messages.
 * @throws Refusal
 */
export function parseJson(bytes: Buffer, levels: number, path: string): unknown {
  const text = decodeUtf8(bytes, path || 'the value').replace(/^\ufeff/, '');
  if (isDeeper(text, levels)) throw new Refusal('too_deep', `data has more than ${LIMITS.dataLevels} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Refusal('not_json', `${path || 'the value'} is not JSON: ${withoutExcerpt(error)}`);
  }
  const twice = repeatedKey(text, value, path);
  if (twice !== undefined) throw new Refusal('duplicate_key', `${twice} is there twice: which one counts?`);
  // Raw UTF-8 holds no surrogates and raw JSON no U+0000: either comes by an escape, and so may `__proto__`.
  const escaped = text.includes('\\u');
  if (escaped) refuseUnstorable(value, path);
  if (escaped || text.includes('__proto__')) dropProto(value);
  return value;
}

/** @throws Refusal when the bytes are not UTF-8. */
export function decodeUtf8(bytes: Buffer, what: string): string {
  if (!isUtf8(bytes)) throw new Refusal('invalid_utf8', `${what} is not UTF-8`);
  return bytes.toString('utf8');
}

/** @throws Refusal naming the first string that cannot be stored. */
export function refuseUnstorable(value: unknown, path: string): void {
  const found = unstorableStringIn(value, path);
  if (found === undefined) return;
  throw new Refusal('invalid_string', `${found.replace(/^\./, '')} has U+0000 or an unpaired surrogate`);
}

/** V8 quotes a piece of the text in its messages; what is in a message is nobody's business but its reader's. */
function withoutExcerpt(error: unknown): string {
  const position = error instanceof Error && /at position \d+/.exec(error.message)?.[0];
  return position || 'it ends too early or has what JSON does not allow';
}

function dropProto(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, '__proto__')) delete (value as Record<string, unknown>)['__proto__'];
  for (const item of Object.values(value)) dropProto(item);
}
