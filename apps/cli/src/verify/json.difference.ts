/** A place where two JSON values differ. */
export interface JsonDifference {
  path: string;
  left: unknown;
  right: unknown;
}

/** Every place where two JSON values differ, the keys' order aside: `changes[0].to`. At most `limit`. */
export function jsonDifferences(left: unknown, right: unknown, path: string, limit = 10): JsonDifference[] {
  if (Object.is(left, right)) return [];
  if (!isObject(left) || !isObject(right) || Array.isArray(left) !== Array.isArray(right)) {
    return [{ path, left, right }];
  }
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  const found: JsonDifference[] = [];
  for (const key of keys) {
    const at = Array.isArray(left) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    found.push(...jsonDifferences(left[key], right[key], at, limit - found.length));
    if (found.length >= limit) break;
  }
  return found;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
