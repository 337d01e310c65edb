import { LETTER_STATES } from '#libs/contracts';
import { FirstOf } from './first.of';
import { isIn, type LetterFilter } from './letter.filter';
import { type LetterState, type StandingLetter } from './letter.state';

export interface LetterCounts {
  /** Those meant, whatever `newest` has. */
  total: number;
  /** Of all states, whichever are meant. */
  byState: Record<LetterState, number>;
  byCode: Record<string, number>;
  byStage: Record<string, number>;
  byTopic: Record<string, number>;
  /** Newest first. */
  newest: StandingLetter[];
}

/** Counts letters one by one and keeps the newest. */
export class LetterTally {
  readonly #byState = new Map<LetterState, number>(LETTER_STATES.map((state) => [state, 0]));
  readonly #byCode = new Map<string, number>();
  readonly #byStage = new Map<string, number>();
  readonly #byTopic = new Map<string, number>();
  readonly #newest: FirstOf<StandingLetter>;
  #total = 0;

  constructor(
    private readonly states: LetterFilter['states'],
    newest: number,
  ) {
    this.#newest = new FirstOf(newest, (a, b) => b.at.localeCompare(a.at));
  }

  add(letter: StandingLetter): void {
    increase(this.#byState, letter.state);
    if (!isIn(this.states, letter)) return;
    this.#total += 1;
    increase(this.#byCode, letter.code);
    increase(this.#byStage, letter.stage);
    increase(this.#byTopic, letter.id.topic);
    this.#newest.add(letter);
  }

  result(): LetterCounts {
    return {
      total: this.#total,
      byState: Object.fromEntries(this.#byState) as Record<LetterState, number>,
      byCode: mostFirst(this.#byCode),
      byStage: mostFirst(this.#byStage),
      byTopic: mostFirst(this.#byTopic),
      newest: this.#newest.items(),
    };
  }
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function mostFirst(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)));
}
