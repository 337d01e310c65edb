/** The last word on a question: what was answered, or why there is no answer. */
export type LastWord<Answer> = { ok: true; answer: Answer } | { ok: false; reason: string };

/**
 * A question that is put again and again, never twice at once. Putting it does not wait: whoever wants to know takes the last
 * word, so that one who never answers holds up nobody.
 */
export class StandingQuestion<Answer> {
  #last: LastWord<Answer> = { ok: false, reason: 'not asked yet' };
  #putAt: number | null = null;

  /**
   * @param ask rejects when there is no answer.
   * @param giveUp ends the asking under way, which then should reject.
   */
  constructor(
    private readonly ask: () => Promise<Answer>,
    private readonly giveUp: () => void,
    private readonly withinMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get last(): LastWord<Answer> {
    return this.#last;
  }

  /** Asks, unless the answer to the last time is still to come; what takes too long is no answer, and given up. */
  put(): void {
    if (this.#putAt === null) {
      this.#putAt = this.now();
      void this.#settle();
      return;
    }
    const waitedMs = this.now() - this.#putAt;
    if (waitedMs < this.withinMs) return;
    this.#last = { ok: false, reason: `no answer for ${Math.round(waitedMs / 1_000)} s` };
    this.giveUp();
  }

  async #settle(): Promise<void> {
    try {
      this.#last = { ok: true, answer: await this.ask() };
    } catch (error) {
      this.#last = { ok: false, reason: (error as Error).message || String(error) };
    }
    this.#putAt = null;
  }
}
