/** Keeps the first so many of all that it is given, in an order, and counts the rest: memory is bounded by how many are wanted. */
export class FirstOf<T> {
  #kept: T[] = [];
  #seen = 0;

  constructor(
    private readonly limit: number,
    private readonly compare: (a: T, b: T) => number,
  ) {}

  add(item: T): void {
    this.#seen += 1;
    this.#kept.push(item);
    if (this.#kept.length > this.limit * 2 + 100) this.#cut();
  }

  /** In order. */
  items(): T[] {
    this.#cut();
    return this.#kept;
  }

  /** How many there were beyond those kept. */
  get beyond(): number {
    return Math.max(0, this.#seen - this.limit);
  }

  #cut(): void {
    this.#kept = this.#kept.sort(this.compare).slice(0, this.limit);
  }
}
