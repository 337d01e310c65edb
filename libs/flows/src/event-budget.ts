/**
 * What one expression or template may cost. A unit is about one node of a syntax tree evaluated (20–50 ns), so this is some
 * milliseconds at worst. Counted, not timed: the same event must give the same task on every machine.
 */
const EVALUATION_UNITS = 100_000;
/** What all flows of a tenant may cost on one event beside what each node has of its own: some 20 ms, under the shard's lock. */
const SHARED_UNITS = 500_000;
/** What a node has of its own, whatever others spend: some ten ordinary expressions and templates. */
const NODE_UNITS = 5_000;

/** What the flows of a tenant may still cost on one event. */
export class EventBudget {
  #shared: number;
  #spent = 0;

  constructor(shared = SHARED_UNITS) {
    this.#shared = shared;
  }

  /** What has been spent of it: what the event has cost. */
  get spent(): number {
    return this.#spent;
  }

  /** Another one that has as much left, for a second try on the same event. */
  copy(): EventBudget {
    const copy = new EventBudget(this.#shared);
    copy.#spent = this.#spent;
    return copy;
  }

  /** The budget of one node: its own share first, then what is left of the shared one. */
  node(): NodeBudget {
    let own = NODE_UNITS;
    return new NodeBudget(
      () => own + this.#shared,
      (units) => {
        this.#spent += units;
        const fromOwn = Math.min(own, units);
        own -= fromOwn;
        this.#shared = Math.max(0, this.#shared - (units - fromOwn));
      },
    );
  }
}

/** What one node may still cost on one event. */
export class NodeBudget {
  constructor(
    private readonly left: () => number,
    private readonly spend: (units: number) => void,
  ) {}

  /** What the next evaluation may cost. */
  get allowance(): number {
    return Math.min(EVALUATION_UNITS, this.left());
  }

  /** Takes what something has cost. */
  charge(units: number): void {
    this.spend(Math.min(units, this.left()));
  }

  get isSpent(): boolean {
    return this.left() <= 0;
  }
}

/** Thrown when an evaluation costs too much. One for all: nothing about it differs, and a stack costs microseconds. */
const TOO_EXPENSIVE = new Error('costs too much on this event');
TOO_EXPENSIVE.stack = TOO_EXPENSIVE.message;

/** How much an evaluation has left. Once spent it stays spent, since `exists`, `||` and others go on after an error. */
export class CostMeter {
  #left = 0;
  #allowance = 0;

  /** @param what what is evaluated, as it is called in messages. */
  constructor(private readonly what: 'expression' | 'template') {}

  start(allowance: number): void {
    this.#left = this.#allowance = allowance;
  }

  get isSpent(): boolean {
    return this.#left < 0;
  }

  get left(): number {
    return this.#left;
  }

  /** What was spent since `start`, at most what there was. */
  get spent(): number {
    return this.#allowance - Math.max(0, this.#left);
  }

  /** Why it ended, when it is spent. */
  get problem(): string {
    return this.#allowance < EVALUATION_UNITS
      ? 'the flows together cost too much on this event'
      : `the ${this.what} costs too much on this event`;
  }

  /** @throws when more is spent than there was. */
  charge(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw TOO_EXPENSIVE;
  }
}
