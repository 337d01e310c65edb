import { userInfo } from 'node:os';
import { type Patience } from '#libs/processing';
import { note } from '../output';

/**
 * How a command waits out an outage: until Ctrl-C or SIGTERM, which it heeds where nothing is half done. A second one ends it at
 * once, which loses nothing either.
 */
export function operatorPatience(): Patience {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      note('stopping after what is under way; once more ends at once');
      stop.abort();
    });
  }
  let saidAt = 0;
  return {
    isRunning: () => !stop.signal.aborted,
    onWait: (error) => {
      if (Date.now() - saidAt < 5_000) return;
      saidAt = Date.now();
      note(`waiting: ${error.message}; Ctrl-C ends, and nothing is lost`);
    },
  };
}

/** Who is asking, for the audit: as they say, otherwise the operating system's name for them. */
export function operatorName(as: string | undefined): string {
  if (as !== undefined) return as;
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the system's list, as in many containers.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
