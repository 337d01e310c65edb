/** Neither control characters nor invisible formatting, neither surrogates on their own nor line breaks of any kind. */
const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u;
const WITHOUT_CONTROLS = /^[^\p{Cc}\p{Cs}]*$/u;
/** With the flag `u` a pair is one code point, so only unpaired ones match. */
const UNPAIRED_SURROGATE = /\p{Cs}/u;
const TENANT = /^[A-Za-z0-9_.-]{1,64}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Whether `text` has at least `min` and at most `max` Unicode code points. */
export function hasCharacters(text: string, min: number, max: number): boolean {
  if (text.length < min || text.length > 2 * max) return false;
  if (text.length <= max && min <= 1) return true;
  let count = 0;
  for (const _character of text) count += 1;
  return count >= min && count <= max;
}

/** An id given by somebody else: 1 to `max` printable characters. */
export function isPrintable(text: string, max: number): boolean {
  return hasCharacters(text, 1, max) && PRINTABLE.test(text);
}

/** An attribute of CloudEvents' type String: 1 to `max` characters, none of them a control character. */
export function isAttributeText(text: string, max: number): boolean {
  return hasCharacters(text, 1, max) && WITHOUT_CONTROLS.test(text);
}

/** Whether `text` takes at most `max` bytes in UTF-8. */
export function fitsBytes(text: string, max: number): boolean {
  return text.length <= max && (text.length * 3 <= max || Buffer.byteLength(text, 'utf8') <= max);
}

export function isTenantId(text: string): boolean {
  return TENANT.test(text);
}

/** Any UUID in its usual form, in upper or lower case. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** W3C trace context, version 00 or a later one with the same four fields. */
export function isTraceparent(text: string): boolean {
  return TRACEPARENT.test(text);
}

/** Whether PostgreSQL's `text` and UTF-8 can hold it: no U+0000 and no unpaired surrogate. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && !UNPAIRED_SURROGATE.test(text);
}

/** A path one step further: by a key, unless the key might itself be something somebody said (`data.slots.…`). */
export function pathInto(path: string, key: string): string {
  const step = /^\w{1,64}$/.test(key) ? key : '…';
  return path === '' ? step : `${path}.${step}`;
}

/**
 * The path (`data.slots.city`) of the first string, key or value, that `isStorable` refuses; undefined when there is none.
 * Recursive: call it on values whose depth is known.
 */
export function unstorableStringIn(value: unknown, path: string): string | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : path;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const inside = Array.isArray(value) ? `${path}[${key}]` : pathInto(path, key);
    if (!isStorable(key)) return `${inside} (a key)`;
    const found = unstorableStringIn(item, inside);
    if (found !== undefined) return found;
  }
  return undefined;
}
