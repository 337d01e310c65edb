import { setTimeout as pause } from 'node:timers/promises';

const TRIES = 40;
const PAUSE_MS = 250;

/**
 * Does `work` again while the broker says that something is on its way: a topic just made has, for a moment, no leader, or is not
 * known to every broker yet. Ten seconds at most.
 */
export async function whileSettling<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const { name, retriable } = error as { name?: string; retriable?: boolean };
      if (tries === TRIES || name !== 'KafkaJSProtocolError' || retriable !== true) throw error;
      await pause(PAUSE_MS);
    }
  }
}
