import { setTimeout as pause } from 'node:timers/promises';
import { type OUTPUT_TOPICS, type TestDeployment } from '#libs/testing';

const LOOK_AGAIN_MS = 100;
/** How long nothing may happen before it is thought not to come any more. */
const STANDSTILL_MS = 60_000;

/** Resolves when a topic holds at least so many records. @throws when it has not grown for a minute, saying how far it got. */
export async function published(
  deployment: TestDeployment,
  topic: (typeof OUTPUT_TOPICS)[number],
  count: number,
): Promise<void> {
  let before = -1;
  let changedAt = Date.now();
  for (;;) {
    const ends = await deployment.endOffsets(topic);
    const now = ends.reduce((sum, end) => sum + end, 0);
    if (now >= count) return;
    if (now !== before) changedAt = Date.now();
    before = now;
    if (Date.now() - changedAt > STANDSTILL_MS)
      throw new Error(
        `${topic} has ${now} of ${count} records, and nothing has come for ${STANDSTILL_MS} ms`,
      );
    await pause(LOOK_AGAIN_MS);
  }
}
