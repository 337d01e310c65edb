/** Pauses that grow and can be cut short. */
export class GrowingPause {
  private ms: number;
  private cut: (() => void) | null = null;
  private isOver = false;

  constructor(
    private readonly firstMs: number,
    private readonly longestMs: number,
  ) {
    this.ms = firstMs;
  }

  /** How long the next one is. */
  get nextMs(): number {
    return this.ms;
  }

  /** The next one is short again. */
  reset(): void {
    this.ms = this.firstMs;
  }

  /** Ends the pause under way and all that follow. */
  end(): void {
    this.isOver = true;
    this.cut?.();
  }

  async take(): Promise<void> {
    if (this.isOver) return;
    const ms = this.ms;
    this.ms = Math.min(this.ms * 2, this.longestMs);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.cut = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.cut = null;
  }
}
