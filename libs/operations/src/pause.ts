/** Waits so many milliseconds. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits, and no longer than it makes sense. */
export async function pauseWhile(ms: number, isRunning: () => boolean): Promise<void> {
  for (const until = Date.now() + ms; Date.now() < until && isRunning();)
    await pause(Math.min(200, until - Date.now()));
}
