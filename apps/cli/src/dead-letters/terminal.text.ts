/**
 * What could do something to a terminal or to the eye: control characters, marks that turn the direction of writing round, and
 * characters without width. Line breaks and tabs are kept where asked for.
 */
const DANGEROUS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu;

/** Text of somebody else's, safe to print: what is dangerous is written as an escape. */
export function safe(text: string, keep: '' | '\n\t' = ''): string {
  return text.replace(DANGEROUS, (character) => {
    if (keep.includes(character)) return character;
    const code = character.codePointAt(0)!;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** Bytes as a table of offset, hexadecimal and what is printable of them. */
export function* hexLines(bytes: Buffer): Generator<string> {
  const width = 16;
  for (let at = 0; at < bytes.length; at += width) {
    const row = bytes.subarray(at, at + width);
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = [...row]
      .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
      .join('');
    yield `${at.toString(16).padStart(8, '0')}  ${hex.padEnd(width * 3 - 1)}  |${text}|`;
  }
}
