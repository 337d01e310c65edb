import { SeededRandom } from '../random';
import { simulateConversation, type SimulatedEvent } from './conversation';

export interface SimulationOptions {
  tenantId: string;
  seed: number;
  conversations: number;
  /** When the first conversation begins. Not the wall clock, so that the same seed gives the same events, byte for byte. */
  start: Date;
  /** Seconds from one conversation's start to the next, on average. */
  everySeconds: number;
}

/** A Thursday: two days before the clocks change in New York, and some weeks before they do in Berlin. */
export const DEFAULT_START = new Date('2026-03-05T06:00:00.000Z');

/**
 * The events of simulated conversations, in order of time, conversations overlapping. Only those under way are in memory.
 * Another start makes other ids: an event that was published once is not another one later.
 */
export function* simulation(options: SimulationOptions): Generator<SimulatedEvent['line']> {
  const { tenantId, seed, conversations, start, everySeconds } = options;
  const when =
    start.getTime() === DEFAULT_START.getTime() ? '' : `${start.toISOString().replaceAll(/\D/g, '')}-`;
  const clock = new SeededRandom(seed);
  const underWay: SimulatedEvent[] = [];
  let startMs = start.getTime();
  for (let number = 1; number <= conversations; number += 1) {
    const id = `sim-${seed}-${when}${String(number).padStart(5, '0')}`;
    // Each has numbers of its own, so that how many there are changes none of them.
    const random = new SeededRandom(seed * 1_000_003 + number);
    underWay.push(...simulateConversation({ id, tenantId, startMs }, random));
    startMs += Math.round(clock.next() * 2 * everySeconds * 1_000);
    underWay.sort((a, b) => a.atMs - b.atMs);
    const later = underWay.findIndex(({ atMs }) => atMs >= startMs);
    const ready = underWay.splice(0, later < 0 ? underWay.length : later);
    for (const { line } of ready) yield line;
  }
  for (const { line } of underWay) yield line;
}
