import { type LETTER_STATES } from '#libs/contracts';
import { idText } from './letter.id';
import { type Letter, type LetterId } from './letter';

/**
 * Where a letter stands. Open: somebody should look at it. Quarantined: it has failed three times, and is redriven only by name.
 * Redriven and discarded need nobody any more.
 */
export type LetterState = (typeof LETTER_STATES)[number];

/** As many failures, the first one counted, quarantine a letter. */
export const QUARANTINED_AT = 3;

/** A letter and where it stands. */
export interface StandingLetter extends Letter {
  state: LetterState;
}

/** That a letter needs nobody any more. */
export interface Resolution extends LetterId {
  /** Of the record it was: it says nothing of another one at the same place. */
  fingerprint: string;
  resolved: 'redriven' | 'discarded';
}

/** Where letters stand, given what is known of their places. Having had an effect outweighs having been discarded. */
export function withStates(letters: readonly Letter[], resolutions: readonly Resolution[]): StandingLetter[] {
  const known = new Map<string, Resolution['resolved']>();
  for (const resolution of resolutions) {
    const key = letterKey({ id: resolution, fingerprint: resolution.fingerprint });
    if (known.get(key) !== 'redriven') known.set(key, resolution.resolved);
  }
  return letters.map((letter) => {
    const unresolved = letter.attempt >= QUARANTINED_AT ? 'quarantined' : 'open';
    return { ...letter, state: known.get(letterKey(letter)) ?? unresolved };
  });
}

/** The same for copies of one letter, and for no others. */
export function letterKey({ id, fingerprint }: Pick<Letter, 'id' | 'fingerprint'>): string {
  return `${idText(id)} ${fingerprint}`;
}
