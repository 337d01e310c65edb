import { type ProblemList } from './flow-problem';

/** A JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Characters of a value that a message shows. */
const SHOWN = 80;

/**
 * A value in a message: short, and quoted when it is text. It looks at no more than it shows: a list that an expression made may
 * hold itself twice, forty levels deep, and writing it out would never end.
 */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = jsonStart(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** The beginning of a value's JSON, all of it when it is short. */
function jsonStart(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, SHOWN + 1));
  // Expressions give BigInts, which JSON.stringify refuses.
  if (typeof value === 'bigint') return String(Number(value));
  if (value instanceof Uint8Array) return JSON.stringify(value.subarray(0, SHOWN));
  if (typeof value !== 'object' || value === null || value instanceof Date)
    return JSON.stringify(value) ?? String(value);
  const isList = Array.isArray(value);
  let text = isList ? '[' : '{';
  const names = isList ? value.keys() : Object.keys(value);
  for (const name of names) {
    const member = (value as Record<string | number, unknown>)[name];
    if (!isList && member === undefined) continue;
    const separator = text.length > 1 ? ',' : '';
    text +=
      separator + (isList ? '' : `${jsonStart(name)}:`) + (member === undefined ? 'null' : jsonStart(member));
    if (text.length > SHOWN) return text;
  }
  return text + (isList ? ']' : '}');
}

/**
 * The object's fields if it is an object, with a problem for every field that is not known: a misspelt field
 * would otherwise be ignored in silence. Null when it is no object.
 */
export function recordOf(
  value: unknown,
  path: string,
  known: readonly string[],
  list: ProblemList,
): Record<string, unknown> | null {
  if (!isRecord(value)) {
    list.add(path, `must be an object, got ${shown(value)}`);
    return null;
  }
  for (const field of Object.keys(value)) {
    if (known.includes(field)) continue;
    list.add(path === '' ? field : `${path}.${field}`, `unknown field; known are ${known.join(', ')}`);
  }
  return value;
}

/** A problem unless the value is one of the words. */
export function checkWord(value: unknown, words: readonly string[]): string | null {
  if (typeof value === 'string' && words.includes(value)) return null;
  return `must be one of ${words.join(', ')}, got ${shown(value)}`;
}

/** A problem unless the value is text of 1 to `max` characters that PostgreSQL and JSON can hold. */
export function checkText(value: unknown, max: number): string | null {
  if (typeof value !== 'string') return `must be text, got ${shown(value)}`;
  if (value.trim() === '') return 'must not be empty';
  if (lengthOf(value) > max) return `must have at most ${max} characters, has ${lengthOf(value)}`;
  return checkCharacters(value);
}

/** A problem unless the value is an id: 1–128 printable characters. */
export function checkId(value: unknown): string | null {
  const problem = checkText(value, 128);
  if (problem !== null) return problem;
  return /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u.test(value as string) ? null : 'must have printable characters only';
}

/** A problem when text holds U+0000 or an unpaired surrogate. */
export function checkCharacters(text: string): string | null {
  return /\0|\p{Surrogate}/u.test(text) ? 'must not hold U+0000 or an unpaired surrogate' : null;
}

/** How many characters (code points) a text has. */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}
