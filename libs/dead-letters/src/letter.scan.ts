import { type RawRecord } from '#libs/processing';
import { type LetterFilter, matches, mayMatch } from './letter.filter';
import { type Letter, letterOf, type LetterId, newerOf } from './letter';
import { letterKey, type Resolution, type StandingLetter, withStates } from './letter.state';

/** Port: the dead letters' topic, as it is when this is opened. */
export interface LetterTopic {
  /** Its partitions, and how many records each has at most. */
  readonly partitions: readonly { partition: number; records: number }[];
  /** All of a partition's records, in order, in batches; may be read more than once. */
  read(partition: number): AsyncIterable<readonly RawRecord[]>;
}

/** Port: what is known of letters that need nobody any more. */
export interface Resolutions {
  /** Of these places, whatever record was there. */
  resolutionsOf(ids: readonly LetterId[]): Promise<Resolution[]>;
}

export interface ScanOptions {
  /** How many letters are held in memory at once; more than that in a partition take it more than one reading. */
  atOnce?: number;
  /** Told of each record that is no dead letter. */
  onForeign?(): void;
  /** Given each copy that is newer than those before it, for who looks for a single letter's bytes. */
  onCopy?(letter: Letter, copy: RawRecord): void;
}

const AT_ONCE = 100_000;
const LOOK_UP = 1_000;

/**
 * The letters that are meant by all but their state, each once, as its newest copy has it, with where it stands.
 *
 * Copies of a letter share their key, hence their partition, so one partition after another is enough. One that holds more than fit in
 * memory is read several times, each time for another share of the letters.
 */
export async function* scanLetters(
  topic: LetterTopic,
  resolutions: Resolutions,
  filter: LetterFilter,
  { atOnce = AT_ONCE, onForeign, onCopy }: ScanOptions = {},
): AsyncGenerator<StandingLetter> {
  const isWanted = mayMatch(filter);
  for (const { partition, records } of likelyFirst(topic.partitions, filter)) {
    const shares = filter.ids ? 1 : Math.ceil(records / atOnce);
    for (let share = 0; share < shares; share += 1) {
      const letters = new Map<string, Letter>();
      for await (const batch of topic.read(partition)) {
        for (const copy of batch) {
          const letter = letterOf(copy);
          if (!letter && share === 0) onForeign?.();
          if (!letter || shareOf(letter, shares) !== share || !isWanted(letter, copy)) continue;
          const key = letterKey(letter);
          const newest = newerOf(letters.get(key), letter);
          letters.set(key, newest);
          if (newest === letter) onCopy?.(letter, copy);
        }
      }
      const wanted = [...letters.values()].filter((letter) => matches(filter, letter));
      for (let from = 0; from < wanted.length; from += LOOK_UP) {
        const some = wanted.slice(from, from + LOOK_UP);
        yield* withStates(some, await resolutions.resolutionsOf(some.map(({ id }) => id)));
      }
    }
  }
}

/** With the usual producers a letter is in the partition its record was in: who looks for one by name finds it there first. */
function likelyFirst(
  partitions: LetterTopic['partitions'],
  { ids }: LetterFilter,
): LetterTopic['partitions'] {
  const likely = new Set(ids?.map(({ partition }) => partition));
  return [...partitions].sort((a, b) => Number(likely.has(b.partition)) - Number(likely.has(a.partition)));
}

/** Spread by record and place: the same bytes may have been sent a million times. */
function shareOf({ fingerprint, id }: Letter, shares: number): number {
  return (parseInt(fingerprint.slice(0, 8), 16) + Number(BigInt(id.offset) % 1_000_003n)) % shares;
}
