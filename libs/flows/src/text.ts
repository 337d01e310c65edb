/** Text that every reader can hold: without U+0000 and with unpaired surrogates replaced (both can come of cutting strings in an expression). */
export function cleanText(text: string): string {
  return text.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** At most `max` characters (code points) of a text, ended by `…` where it was cut. */
export function cutToCharacters(text: string, max: number): string {
  // A code point is one or two units, so anything this short fits.
  if (text.length <= max) return text;
  const points = Array.from(text.slice(0, max * 2 + 2));
  return points.length <= max && text.length <= max * 2 + 2 ? text : `${points.slice(0, max - 1).join('')}…`;
}

/** At most `max` UTF-8 bytes of a text, never half a character, ended by `…` where it was cut. */
export function cutToBytes(text: string, max: number): string {
  if (text.length * 3 <= max || Buffer.byteLength(text) <= max) return text;
  const bytes = Buffer.from(text);
  let end = max - 3;
  // Bytes 10xxxxxx continue a character.
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return `${bytes.toString('utf8', 0, end)}…`;
}
