import { SeededRandom } from '../random';
import { type EventLine } from './event.line';

/**
 * Mixes conversations with one another, each (by topic and key) in its own order: what a broker with other producers, or other
 * timing, might have had. The seed decides the order.
 */
export function interleave(lines: readonly EventLine[], seed: number): EventLine[] {
  const queues = new Map<string, EventLine[]>();
  for (const line of lines) {
    const queue = queues.get(nameOf(line));
    if (queue) queue.push(line);
    else queues.set(nameOf(line), [line]);
  }
  const taken = new Map<string, number>();
  // Shuffling whose turn it is, not the lines, makes every interleaving as likely.
  return new SeededRandom(seed).shuffled(lines.map(nameOf)).map((name) => {
    const index = taken.get(name) ?? 0;
    taken.set(name, index + 1);
    return queues.get(name)![index]!;
  });
}

function nameOf({ topic, key, number }: EventLine): string {
  // Without a key there is no order to keep.
  return key === null ? `line ${number}` : `${topic}\0${key}`;
}
