import { SingleBar } from 'cli-progress';
import { grouped, note } from './output';

/** How far long work has got. */
export interface Progress {
  advance(by: number): void;
  /** Ends the bar; what follows is printed under it. */
  end(): void;
}

const SAY_EVERY_MS = 3_000;

/**
 * A progress bar on standard error; where that is no terminal, a line every few seconds.
 *
 * @param total null when nobody knows.
 */
export function startProgress(what: string, total: number | null): Progress {
  return process.stderr.isTTY && total !== null ? bar(what, total) : lines(what, total);
}

function bar(what: string, total: number): Progress {
  const single = new SingleBar({
    format: `${what} {bar} {percentage}% {value}/{total} {eta_formatted}`,
    stream: process.stderr,
    hideCursor: true,
    etaBuffer: 100,
  });
  single.start(total, 0);
  return {
    advance: (by) => single.increment(by),
    end: () => single.stop(),
  };
}

function lines(what: string, total: number | null): Progress {
  let done = 0;
  let saidAt = Date.now();
  return {
    advance(by) {
      done += by;
      if (Date.now() - saidAt < SAY_EVERY_MS) return;
      saidAt = Date.now();
      note(`${what}: ${grouped(done)}${total === null ? '' : ` of ${grouped(total)}`}`);
    },
    end: () => undefined,
  };
}
