import { readFileSync } from 'node:fs';
import { type Instant, instantFromMs, msFromRfc3339 } from '#libs/domain';

/**
 * The clock that timers go by: the wall's, or what a file says at each look, so that a test or a simulation has time in its hand.
 *
 * @throws when the file cannot be read or holds no instant.
 */
export function timerClock(file: string | null): () => Instant {
  if (file === null) return () => new Date().toISOString();
  return () => {
    const ms = msFromRfc3339(readFileSync(file, 'utf8').trim());
    if (ms === null)
      throw new Error(
        'the file that TIMER_CLOCK_FILE names must hold one instant, such as 2026-03-02T10:00:00Z',
      );
    return instantFromMs(ms)!;
  };
}
