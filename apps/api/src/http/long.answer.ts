import { type Request, type Response } from 'express';
import { problemBody, asProblem } from './problem.filter';

export const NDJSON = 'application/x-ndjson';

/**
 * An answer that takes a while: to whoever accepts `application/x-ndjson` a line of JSON for each thing there is to tell, and to
 * everybody else one JSON document at the end.
 */
export class LongAnswer {
  readonly #isLines: boolean;
  readonly #left = new AbortController();

  constructor(
    private readonly request: Request,
    private readonly response: Response,
  ) {
    this.#isLines = request.accepts(['application/json', NDJSON]) === NDJSON;
    response.once('close', () => this.#left.abort());
  }

  /** Aborted when nobody waits for the answer any more. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  /** Says how far it is, where lines are wanted. */
  progress(progress: object): void {
    if (this.#isLines) this.#write({ progress });
  }

  /** Ends the answer with what was asked for. */
  end(result: object): void {
    if (!this.#isLines) {
      this.response.json(result);
      return;
    }
    this.#write({ result });
    this.response.end();
  }

  /** Tells of a failure in a line, where a status cannot be said any more. */
  fail(error: unknown): void {
    if (this.response.headersSent) this.#write({ problem: problemBody(asProblem(error), this.request) });
  }

  #write(line: object): void {
    if (this.response.destroyed) return;
    if (!this.response.headersSent)
      // nginx would hold lines back until it has some kilobytes of them.
      this.response.writeHead(200, {
        'content-type': NDJSON,
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
    this.response.write(`${JSON.stringify(line)}\n`);
  }
}
