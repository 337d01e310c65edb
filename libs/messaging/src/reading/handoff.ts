/** What was waited for did not come in time. */
export class NothingCame extends Error {
  override readonly name = 'NothingCame';
}

/**
 * Hands things from one that pushes to one that pulls, one at a time: `give` resolves when the thing was taken and the next is
 * asked for, so nothing piles up.
 */
export class Handoff<T> {
  #offered: { item: T; taken: () => void } | null = null;
  #waiting: { resolve: (item: T) => void; reject: (error: Error) => void } | null = null;
  #failure: Error | null = null;

  /** Resolves once the thing was taken. */
  give(item: T): Promise<void> {
    return new Promise((taken) => {
      if (this.#waiting) {
        const { resolve } = this.#waiting;
        this.#waiting = null;
        resolve(item);
        taken();
      } else {
        this.#offered = { item, taken };
      }
    });
  }

  /** The next thing. @throws what `fail` was given, or when none comes within so many milliseconds. */
  async take(withinMs: number, what: string): Promise<T> {
    if (this.#failure) throw this.#failure;
    if (this.#offered) {
      const { item, taken } = this.#offered;
      this.#offered = null;
      taken();
      return item;
    }
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = null;
        reject(new NothingCame(`${what} did not come within ${withinMs / 1_000} s`));
      }, withinMs);
      this.#waiting = {
        resolve: (item) => (clearTimeout(timer), resolve(item)),
        reject: (error) => (clearTimeout(timer), reject(error)),
      };
    });
  }

  /** Whoever takes, now or later, gets this error. */
  fail(error: Error): void {
    this.#failure = error;
    this.#waiting?.reject(error);
    this.#waiting = null;
    this.release();
  }

  /** Lets one that waits in `give` go on; its thing is not wanted any more. */
  release(): void {
    this.#offered?.taken();
    this.#offered = null;
  }
}
