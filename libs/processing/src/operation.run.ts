import { Interrupted, type Patience, waitOutOutages } from './patience';
import { StoreOutage } from './shard.store';

/** Port: where long work of an operator is written down, bound to the one operation it is. */
export interface OperationJournal<Progress> {
  /** Stores how far it got. @returns what is asked of it meanwhile. @throws when another process has taken it over. */
  report(progress: Progress): Promise<'pause' | 'abort' | null>;
  /** Stores how it ended here. */
  leave(status: 'paused' | 'aborted' | 'done' | 'failed', progress: Progress): Promise<void>;
}

/** Thrown between two steps of long work that was asked to stop. */
export class OperationStopped extends Error {
  override readonly name = 'OperationStopped';

  constructor(readonly asked: 'pause' | 'abort') {
    super(`asked to ${asked}`);
  }
}

export interface OperationOptions<Progress> {
  journal: OperationJournal<Progress>;
  /** How far it got. */
  progress(): Progress;
  /** Told before each wait for an outage to end. */
  onWait?(error: Error, pauseMs: number): void;
  /** How often it is heard of while a step lasts; less than a third of the silence after which others may take it over. */
  beatMs?: number;
}

/**
 * Long work of an operator, in steps: reports after each, stops when it is asked to, is heard of while a step lasts, and waits out
 * outages.
 */
export class OperationRun<Progress> {
  #asked: 'pause' | 'abort' | null = null;
  #lost: Error | null = null;
  #reporting: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: OperationOptions<Progress>) {}

  /** How long to wait for an outage to end: until it is asked to stop. */
  readonly patience: Patience = {
    isRunning: () => this.#asked === null && this.#lost === null,
    onWait: (error, pauseMs) => this.options.onWait?.(error, pauseMs),
  };

  /** Asks it to stop after the step: what Ctrl-C does. */
  pause(): void {
    this.#asked ??= 'pause';
  }

  /**
   * Runs `work` to its end, and writes down how it ended.
   *
   * @throws what `work` threw, after writing it down as failed.
   */
  async through(work: () => Promise<void>): Promise<'done' | 'paused' | 'aborted'> {
    const beat = setInterval(() => void this.#beat(), this.options.beatMs ?? 5_000);
    try {
      await work();
      return await waitOutOutages(() => this.#leave('done'), this.patience);
    } catch (error) {
      if (this.#lost) throw this.#lost;
      const asked = error instanceof OperationStopped ? error.asked : this.#asked;
      if (asked && (error instanceof OperationStopped || error instanceof Interrupted))
        return await this.#leave(asked === 'pause' ? 'paused' : 'aborted');
      await this.#leave('failed').catch(() => undefined);
      throw error;
    } finally {
      clearInterval(beat);
    }
  }

  /** Between two steps: writes down how far it got. @throws OperationStopped when it is asked to stop. */
  async checkpoint(): Promise<void> {
    await waitOutOutages(() => this.#report(), this.patience);
    this.throwIfAsked();
  }

  /** @throws OperationStopped when it is asked to stop, and what `report` threw when it was taken over. */
  throwIfAsked(): void {
    if (this.#lost) throw this.#lost;
    if (this.#asked) throw new OperationStopped(this.#asked);
  }

  async #leave<S extends 'done' | 'paused' | 'aborted' | 'failed'>(status: S): Promise<S> {
    await this.#reporting;
    await this.options.journal.leave(status, this.options.progress());
    return status;
  }

  /** One after another, or an older report could overtake a newer one. */
  #report(): Promise<void> {
    const reported = this.#reporting.then(async () => {
      const asked = await this.options.journal.report(this.options.progress());
      if (asked) this.#asked = asked;
    });
    this.#reporting = reported.catch(() => undefined);
    return reported;
  }

  async #beat(): Promise<void> {
    try {
      await this.#report();
    } catch (error) {
      if (!(error instanceof StoreOutage)) this.#lost = error as Error;
    }
  }
}
