import { pause } from './pause';

/** Keeps records at so many a second, evenly, whatever sending them takes. */
export class Pacing {
  #startedAt: number | null = null;
  #sent = 0;

  /** @param perSecond null for as fast as it goes. */
  constructor(
    private readonly perSecond: number | null,
    private readonly now: () => number = Date.now,
    private readonly wait: (ms: number) => Promise<void> = pause,
  ) {}

  /** How many may go at once: a tenth of a second's worth, so that the pace is even. */
  get batch(): number {
    return this.perSecond === null ? Infinity : Math.max(1, Math.floor(this.perSecond / 10));
  }

  /** Waits until so many more may go. */
  async admit(count: number): Promise<void> {
    if (this.perSecond === null) return;
    this.#startedAt ??= this.now();
    const dueAt = this.#startedAt + (this.#sent / this.perSecond) * 1_000;
    this.#sent += count;
    if (dueAt > this.now()) await this.wait(dueAt - this.now());
  }
}
