import { type Letter, type LetterId } from './letter';

export const LETTER_RESULTS = [
  'applied',
  'duplicate',
  'rejected',
  'outdated',
  'skipped',
  'failed',
  'discarded',
] as const;
/** What an operation made of a letter. All but `skipped` (nobody here knows its type) and `failed` settle it. */
export type LetterResultKind = (typeof LETTER_RESULTS)[number];

/** What an operation made of a letter, for the audit: no content of it. */
export interface LetterResult extends LetterId {
  fingerprint: string;
  /** How often it had failed before. */
  attempt: number;
  result: LetterResultKind;
  /** Of the rejection or the failure. */
  code: string | null;
  /** The fingerprint of what was applied in its place. */
  edited: string | null;
}

/** Port: the audit of what became of each letter. */
export interface LetterResults {
  /** Writes them down; an operation's second word on a letter is not heard. */
  record(operationId: string, results: readonly LetterResult[]): Promise<void>;
}

export function resultFor(
  { id, fingerprint, attempt }: Letter,
  what: Pick<LetterResult, 'result' | 'code' | 'edited'>,
): LetterResult {
  return { ...id, fingerprint, attempt, ...what };
}
