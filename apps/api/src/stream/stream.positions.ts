/** How far each shard's activity log was read, by shard. */
export type Positions = readonly number[];

/** Seven bits a byte, the lowest first; the eighth says that there are more. */
const BITS = 128;

/** Positions as an event's id: short, without anything that a header or a line could not hold. Opaque to listeners. */
export function idOf(positions: Positions): string {
  const bytes: number[] = [];
  for (const position of positions) {
    let left = position;
    // No shifts: these are of 32 bits, and positions of 53.
    for (; left >= BITS; left = Math.floor(left / BITS)) bytes.push((left % BITS) + BITS);
    bytes.push(left);
  }
  return Buffer.from(bytes).toString('base64url');
}

/** The positions an id was made of; null when it is none of a deployment with so many shards. */
export function positionsIn(id: string, shards: number): Positions | null {
  const bytes = Buffer.from(id, 'base64url');
  const positions: number[] = [];
  let position = 0;
  let unit = 1;
  for (const byte of bytes) {
    position += (byte % BITS) * unit;
    unit *= BITS;
    if (!Number.isSafeInteger(position) || positions.length === shards) return null;
    if (byte >= BITS) continue;
    positions.push(position);
    position = 0;
    unit = 1;
  }
  // What was not made by `idOf` (padding, other characters, leading zeros, an unfinished number) does not come back as it was.
  return positions.length === shards && idOf(positions) === id ? positions : null;
}

/** The shards in which the one is behind the other. */
export function shardsBehind(positions: Positions, others: Positions): number[] {
  return [...positions.keys()].filter((shard) => positions[shard]! < others[shard]!);
}
