/**
 * About what looking at all of a value costs, in units of `EventBudget`: one for 64 characters, 4 items of a list or a member, none
 * for numbers. Stops counting above `limit`: what an expression makes may hold the same list many times over, and its parts then
 * are more than could ever be visited.
 */
export function sizeOf(value: unknown, limit: number): number {
  if (typeof value === 'string') return value.length / 64;
  if (typeof value !== 'object' || value === null) return 0;
  if (value instanceof Uint8Array) return value.length / 64;
  let size = 0;
  const rest: unknown[] = [value];
  while (rest.length > 0 && size <= limit) {
    const next = rest.pop();
    if (typeof next === 'string') size += next.length / 64;
    else if (typeof next === 'object' && next !== null) {
      const members = membersOf(next);
      // Taking an object apart costs more than going along a list.
      size += 0.25 + (Array.isArray(next) ? members.length / 4 : members.length);
      for (const member of members) rest.push(member);
    }
  }
  return size;
}

/** How many items or members a value has; 0 for what is no collection. */
export function lengthOf(items: unknown): number {
  if (typeof items !== 'object' || items === null) return 0;
  if (Array.isArray(items)) return items.length;
  return items instanceof Map ? items.size : Object.keys(items).length;
}

/**
 * About what looking for a pattern in a text costs. V8 looks backwards, and in the worst case forwards, by trying every place.
 */
export function searchCost(text: unknown, pattern: unknown): number {
  return typeof text === 'string' && typeof pattern === 'string' ? (text.length * pattern.length) / 1_024 : 0;
}

function membersOf(value: object): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  if (value instanceof Map) return [...(value as Map<unknown, unknown>).values()];
  return Object.values(value);
}
