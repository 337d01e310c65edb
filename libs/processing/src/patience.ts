import { StoreOutage } from './shard.store';

/** How the one who waits learns whether waiting still makes sense. */
export interface Patience {
  /** False once the partition was taken away or the process stops. */
  isRunning(): boolean;
  /** Keeps the partition while waiting; throws when it is lost. */
  heartbeat?(): Promise<void>;
  /** Told whenever something that might have had to wait is done. */
  onDone?(): void;
  /** Told before each pause: for the log. */
  onWait?(error: Error, pauseMs: number): void;
}

/** Thrown when waiting was given up because the partition was taken away or the process stops. Nothing was lost. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Does `work`, waiting out every outage: an outage is waited out, a message is never waited for (invariant 5).
 *
 * @throws Interrupted when told to stop meanwhile; every other error as it is.
 */
export async function waitOutOutages<T>(work: () => Promise<T>, patience: Patience): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      const result = await work();
      patience.onDone?.();
      return result;
    } catch (error) {
      if (!(error instanceof StoreOutage)) throw error;
      patience.onWait?.(error, pauseMs);
      await pauseWhileRunning(pauseMs, patience);
    }
  }
}

/** @throws Interrupted when told to stop before or meanwhile. */
export async function pauseWhileRunning(pauseMs: number, patience: Patience): Promise<void> {
  const until = Date.now() + pauseMs;
  do {
    if (!patience.isRunning()) throw new Interrupted('stopped while waiting for an outage to end');
    await keepPartition(patience);
    await new Promise((resolve) => setTimeout(resolve, Math.min(100, pauseMs)));
  } while (Date.now() < until);
}

/** @throws Interrupted where the heartbeat fails, which says that the partition is lost, or the group cannot be asked: no fault of the message in hand. */
export async function keepPartition(patience: Patience): Promise<void> {
  try {
    await patience.heartbeat?.();
  } catch (error) {
    throw new Interrupted('the partition was lost while waiting for an outage to end', { cause: error });
  }
}
