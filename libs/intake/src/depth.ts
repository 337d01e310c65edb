const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether JSON text has more than `limit` levels of objects and arrays. One pass, no recursion, before anything is parsed: 100,000 levels cost
 * no more than as many letters. Text with no more brackets than `limit`, which is nearly all there is, costs two searches for them.
 */
export function isDeeper(text: string, limit: number): boolean {
  if (count(text, '{', limit) + count(text, '[', limit) <= limit) return false;
  let level = 0;
  for (let i = 0; i < text.length; i += 1) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case 0x7b: // {
      case 0x5b: // [
        level += 1;
        if (level > limit) return true;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        level -= 1;
        break;
    }
  }
  return false;
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i += 1;
    else if (code === QUOTE) return i;
  }
  return text.length;
}

/** How often `character` is in `text`; stops counting above `enough`. */
function count(text: string, character: string, enough: number): number {
  let found = 0;
  for (let i = text.indexOf(character); i !== -1 && found <= enough; i = text.indexOf(character, i + 1))
    found += 1;
  return found;
}
