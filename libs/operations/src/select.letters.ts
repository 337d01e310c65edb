import {
  byOrigin,
  FirstOf,
  idText,
  type LetterFilter,
  type LetterState,
  type LetterTopic,
  type Resolutions,
  scanLetters,
  type StandingLetter,
} from '#libs/dead-letters';

/** None is there under this id, or the topic has let go of it. */
export class NoSuchLetter extends Error {
  override readonly name = 'NoSuchLetter';

  constructor(id: string) {
    super(`there is no dead letter ${id}`);
  }
}

export interface Selection {
  /** In the order in which their records were read. */
  letters: StandingLetter[];
  /** Meant, and left as they are because of where they stand. */
  passedOver: Partial<Record<LetterState, number>>;
  /** How many more are meant than are taken at once. */
  beyond: number;
}

/**
 * The letters an operation is about.
 *
 * @param states the letters that may be dealt with.
 * @throws NoSuchLetter for one that was named and is not there.
 */
export async function selectLetters(
  topic: LetterTopic,
  resolutions: Resolutions,
  filter: LetterFilter,
  states: readonly LetterState[],
  limit: number,
): Promise<Selection> {
  const first = new FirstOf<StandingLetter>(limit, byOrigin);
  const passedOver: Selection['passedOver'] = {};
  const missing = new Set(filter.ids?.map(idText));
  for await (const letter of scanLetters(topic, resolutions, filter)) {
    missing.delete(idText(letter.id));
    if (states.includes(letter.state)) first.add(letter);
    else passedOver[letter.state] = (passedOver[letter.state] ?? 0) + 1;
    if (filter.ids && missing.size === 0) break;
  }
  const [absent] = missing;
  if (absent !== undefined) throw new NoSuchLetter(absent);
  return { letters: first.items(), passedOver, beyond: first.beyond };
}
