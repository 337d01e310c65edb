import { type RejectionCode } from '#libs/domain';
import { type DeadLetter } from './dead-letter';

/** What became of one record: the closed set in which every path of processing ends. */
export type Outcome =
  /** It had its effect, if only on a conversation. `tasks` counts those it created; `warnings` are its flows'. */
  | { kind: 'applied'; tasks: number; warnings: number }
  /** Its identity was applied before. `samePayload` is false when another payload came under a known identity. */
  | { kind: 'duplicate'; samePayload: boolean }
  | { kind: 'rejected'; code: RejectionCode }
  | { kind: 'dead_letter'; letter: DeadLetter }
  /** A type nobody here knows. */
  | { kind: 'skipped'; type: string };

/** The words of that set. */
export const OUTCOME_KINDS = [
  'applied',
  'duplicate',
  'rejected',
  'dead_letter',
  'skipped',
] as const satisfies readonly Outcome['kind'][];

/** How many of each, for the log and the metrics. */
export type OutcomeCounts = Record<Outcome['kind'], number> & {
  tasks: number;
  warnings: number;
  /** Duplicates that came with another payload than the one applied. */
  otherPayload: number;
};

export function countOutcomes(outcomes: readonly Outcome[]): OutcomeCounts {
  const counts: OutcomeCounts = {
    applied: 0,
    duplicate: 0,
    rejected: 0,
    dead_letter: 0,
    skipped: 0,
    tasks: 0,
    warnings: 0,
    otherPayload: 0,
  };
  for (const outcome of outcomes) {
    counts[outcome.kind] += 1;
    if (outcome.kind === 'duplicate' && !outcome.samePayload) counts.otherPayload += 1;
    if (outcome.kind !== 'applied') continue;
    counts.tasks += outcome.tasks;
    counts.warnings += outcome.warnings;
  }
  return counts;
}
