import { type RawRecord } from '#libs/processing';
import { isIn, type LetterFilter, matches, mayMatch } from './letter.filter';
import { type Letter, type LetterId, letterOf } from './letter';
import { type Resolutions } from './letter.scan';
import { letterKey, type StandingLetter, withStates } from './letter.state';

/** Port: the dead letters' topic, for who reads pieces of it. */
export interface LetterRanges {
  readonly ranges: readonly { partition: number; earliest: bigint; end: bigint }[];
  /** The records of [from, to), in order, in batches. */
  readRange(partition: number, from: bigint, to: bigint): AsyncIterable<readonly RawRecord[]>;
}

/** That a redrive of a letter failed, which made another copy of it. */
export interface LetterFailure extends LetterId {
  fingerprint: string;
  /** How often it had failed before. */
  attempt: number;
}

/** Port: what is known of letters. */
export interface LetterKnowledge extends Resolutions {
  /** Of these places, whatever record was there. */
  failuresOf(ids: readonly LetterId[]): Promise<LetterFailure[]>;
}

/** How far a list got: everything of this partition from this offset on, and all of the partitions before it. */
export interface LetterPlace {
  partition: number;
  before: bigint;
}

export interface LetterPage {
  /** By partition of the topic, the last one that failed first. */
  letters: StandingLetter[];
  /** Null when the topic was gone through. */
  next: LetterPlace | null;
}

export interface PageBounds {
  after: LetterPlace | null;
  /** Letters at most. */
  limit: number;
  /** Records that are read for it at most. */
  records: bigint;
  /** Whether there is time to read on. */
  goesOn(): boolean;
}

/** So many letters are held in memory at once. */
const WINDOW = 1_000n;

/**
 * The next letters that are meant, backwards through the topic, for as long as it is allowed to read: a page may have fewer letters
 * than its limit, or none, and still have one behind it.
 *
 * A letter's newest copy comes first; older ones are told from it by what is known of its failed redrives. Only where a redrive ended
 * between its letter and its result can a letter be on two pages.
 */
export async function pageOfLetters(
  topic: LetterRanges,
  known: LetterKnowledge,
  filter: LetterFilter,
  { after, limit, records, goesOn }: PageBounds,
): Promise<LetterPage> {
  const letters: StandingLetter[] = [];
  const met = new Set<string>();
  let left = records;
  const ranges = [...topic.ranges].sort((a, b) => a.partition - b.partition);
  for (const { partition, earliest, end } of ranges) {
    if (after && partition < after.partition) continue;
    let before = after?.partition === partition ? least(after.before, end) : end;
    while (before > earliest) {
      if (letters.length >= limit || left <= 0n || !goesOn()) return { letters, next: { partition, before } };
      const from = greatest(earliest, before - least(WINDOW, left));
      left -= before - from;
      const window = await windowOf(topic, filter, { partition, from, to: before });
      const newest = (await withoutOlder(window, known)).filter((letter) => isFirst(met, letter));
      const wanted = newest.filter((letter) => matches(filter, letter));
      const standing = withStates(wanted, await known.resolutionsOf(wanted.map(({ id }) => id)));
      before = from;
      for (const letter of standing.filter((each) => isIn(filter.states, each))) {
        letters.push(letter);
        if (letters.length < limit) continue;
        before = BigInt(letter.copy.offset);
        break;
      }
    }
  }
  return { letters, next: null };
}

/** The copies of a range that may be meant, the last one first. */
async function windowOf(
  topic: LetterRanges,
  filter: LetterFilter,
  { partition, from, to }: { partition: number; from: bigint; to: bigint },
): Promise<Letter[]> {
  const isWanted = mayMatch(filter);
  const window: Letter[] = [];
  for await (const batch of topic.readRange(partition, from, to)) {
    for (const copy of batch) {
      const letter = letterOf(copy);
      if (letter && isWanted(letter, copy)) window.push(letter);
    }
  }
  return window.reverse();
}

/** Without copies that a failed redrive has put another one in the place of. */
async function withoutOlder(letters: readonly Letter[], known: LetterKnowledge): Promise<Letter[]> {
  const failed = new Map<string, number>();
  for (const failure of await known.failuresOf(letters.map(({ id }) => id))) {
    const key = letterKey({ id: failure, fingerprint: failure.fingerprint });
    failed.set(key, Math.max(failure.attempt, failed.get(key) ?? 0));
  }
  return letters.filter((letter) => letter.attempt > (failed.get(letterKey(letter)) ?? 0));
}

function isFirst(met: Set<string>, letter: Letter): boolean {
  const key = letterKey(letter);
  if (met.has(key)) return false;
  met.add(key);
  return true;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const greatest = (a: bigint, b: bigint): bigint => (a > b ? a : b);
