import { WORKFORCE_TOPIC } from '#libs/contracts';
import { type InputPositions } from '#libs/processing';

const LOOK_AGAIN_MS = 100;

/**
 * Waits until a worker has applied the workforce topic up to an offset.
 *
 * @returns false when none has within `withinMs`: what was published is not lost.
 */
export async function workforceApplied(
  positions: Pick<InputPositions, 'load'>,
  offset: bigint,
  withinMs: number,
): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    // Without a position nobody has read anything, which is all of it when nothing was said.
    const read = (await positions.load(WORKFORCE_TOPIC, 0))?.nextOffset ?? 0;
    if (BigInt(read) >= offset) return true;
    if (Date.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
