/** Something that is worked on piece by piece: a partition that is read, a log that is published. */
export interface Work {
  name: string;
  /** Whether there is more of it to do. */
  isWaiting: boolean;
  /** Whether it is somebody's turn to get on with it now, and not to wait behind other work. */
  isInHand: boolean;
  /** Another text whenever something of it was done. */
  mark: string;
}

/** What was seen at one look. */
export interface Sighting {
  /** Milliseconds, of any clock that goes on while the process is stopped. */
  at: number;
  /** Whether everybody the work needs answers: waiting in an outage is no standstill. */
  areOthersThere: boolean;
  work: readonly Work[];
}

/** Nothing happens though it could. */
export interface Stall {
  forMs: number;
  /** The work that stands still. */
  names: string[];
}

interface Seen {
  mark: string;
  /** How long it has waited unchanged, milliseconds, in time that was watched. */
  idleMs: number;
}

/**
 * Finds work that stands still. It is told what is to do and how far it is, again and again, and asks nobody, so that no work that
 * hangs can hang it too. Two things are a stall: work in hand of which nothing gets done, and work of which none at all gets done.
 * Work that only waits for its turn, behind other work that gets on, is none.
 *
 * Only time that was watched counts: after a gap, in which the process itself was stopped, counting begins anew.
 */
export class StallWatch {
  #seen = new Map<string, Seen>();
  #lastAt: number | null = null;

  /** @param longestGapMs looks that are farther apart than this were not looks at the same thing. */
  constructor(private readonly longestGapMs: number) {}

  /** @returns the longest stall there is; null when none is. */
  see({ at, areOthersThere, work }: Sighting): Stall | null {
    const passed = this.#lastAt === null ? 0 : at - this.#lastAt;
    this.#lastAt = at;
    if (!areOthersThere || passed > this.longestGapMs) this.#seen.clear();
    if (!areOthersThere) return null;
    const before = this.#seen;
    this.#seen = new Map(
      work.map((each) => [each.name, { mark: each.mark, idleMs: idleFor(each, before, passed) }]),
    );
    return this.#longest(work);
  }

  #longest(work: readonly Work[]): Stall | null {
    const waiting = work
      .filter(({ isWaiting }) => isWaiting)
      .map((each) => ({ ...each, ...this.#seen.get(each.name)! }));
    const inHand = Math.max(0, ...waiting.filter(({ isInHand }) => isInHand).map(({ idleMs }) => idleMs));
    const all = waiting.length === 0 ? 0 : Math.min(...waiting.map(({ idleMs }) => idleMs));
    const forMs = Math.max(inHand, all);
    if (forMs === 0) return null;
    return { forMs, names: waiting.filter(({ idleMs }) => idleMs >= forMs).map(({ name }) => name) };
  }
}

function idleFor({ name, isWaiting, mark }: Work, before: ReadonlyMap<string, Seen>, passed: number): number {
  const last = before.get(name);
  return isWaiting && last?.mark === mark ? last.idleMs + passed : 0;
}
