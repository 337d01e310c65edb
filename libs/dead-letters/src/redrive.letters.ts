import {
  type DeadLetters,
  type Patience,
  publishLetters,
  type RawRecord,
  waitOutOutages,
} from '#libs/processing';
import { type Letter, originalOf } from './letter';
import { letterFingerprint } from './letter.fingerprint';
import { type LetterResults, resultFor } from './letter.result';
import { QUARANTINED_AT } from './letter.state';
import { type OperationEnd, type Operations, type OperationStart, runOperation } from './operation.run';
import { applyRedriven, type RedrivePorts, rehearseRedriven, type Verdict } from './redrive';

/** What is applied in a record's place: everything of it but where it was read. */
export type EditedRecord = Pick<RawRecord, 'key' | 'headers' | 'value'>;

/** A letter and its newest copy; null when the topic has let go of it meanwhile. */
export interface FoundLetter<L extends Letter> {
  letter: L;
  copy: RawRecord | null;
}

/** Port: the copies of letters, from the dead letters' topic. */
export interface LetterCopies {
  /** Gives all of them in order, as many at a time as fit in memory, until it is told to stop. Waits out an outage of the broker. */
  inTurn<L extends Letter>(
    letters: readonly L[],
    patience: Patience,
    take: (found: FoundLetter<L>[]) => Promise<boolean>,
  ): Promise<void>;
}

/** `gone`: the topic has let go of the letter meanwhile. */
export type LetterVerdict = Verdict | { result: 'gone' };

export interface RedriveProgress {
  total: number;
  done: number;
  tasks: number;
  /** Of those that failed, how many are quarantined by it. */
  quarantined: number;
  results: Partial<Record<LetterVerdict['result'], number>>;
}

export interface RedriveDependencies {
  copies: LetterCopies;
  ports: RedrivePorts;
  deadLetters: DeadLetters;
  results: LetterResults;
  operations: Operations;
  patience: Patience;
  /** Resolves when the next one may go. */
  pace(): Promise<void>;
  onVerdict(letter: Letter, verdict: LetterVerdict): void;
}

/**
 * Applies dead letters, one after the other in the order given, through the same `apply` as the worker; never through their topic.
 * What fails again becomes a dead letter anew, with one more attempt; the rest goes on.
 *
 * However it is ended in the middle, doing it again is safe: what was applied is then a duplicate, which settles the letter.
 *
 * @param edited applied in place of the only letter. When that fails, nothing is published: the letter is as it was.
 */
export async function redriveLetters(
  letters: readonly Letter[],
  edited: EditedRecord | null,
  start: OperationStart,
  dependencies: RedriveDependencies,
): Promise<OperationEnd & { progress: RedriveProgress }> {
  const { copies, operations, patience, pace, onVerdict } = dependencies;
  const progress = nothingYet(letters.length);
  const end = await runOperation(
    operations,
    { kind: 'redrive', ...start },
    () => progress,
    patience,
    ({ id, goesOn }) =>
      copies.inTurn(letters, patience, async (found) => {
        for (const { letter, copy } of found) {
          await pace();
          if (!(await goesOn())) return false;
          const verdict = copy ? await redrive(id, letter, copy, edited, dependencies) : GONE;
          count(progress, letter, verdict, edited);
          onVerdict(letter, verdict);
        }
        return true;
      }),
  );
  return { ...end, progress };
}

/** What `redriveLetters` would do, as things stand; nothing is written anywhere. */
export async function rehearseRedrive(
  letters: readonly Letter[],
  edited: EditedRecord | null,
  {
    copies,
    ports,
    patience,
    onVerdict,
  }: Pick<RedriveDependencies, 'copies' | 'ports' | 'patience' | 'onVerdict'>,
): Promise<RedriveProgress> {
  const progress = nothingYet(letters.length);
  await copies.inTurn(letters, patience, async (found) => {
    const records = found.flatMap(({ copy }) => (copy ? [recordToApply(copy, edited)] : []));
    const verdicts = await rehearseRedriven(records, ports, patience);
    for (const { letter, copy } of found) {
      const verdict = copy ? verdicts.shift()! : GONE;
      count(progress, letter, verdict, edited);
      onVerdict(letter, verdict);
    }
    return patience.isRunning();
  });
  return progress;
}

const GONE = { result: 'gone' } as const;

async function redrive(
  operationId: string,
  letter: Letter,
  copy: RawRecord,
  edited: EditedRecord | null,
  { ports, deadLetters, results, patience }: RedriveDependencies,
): Promise<Verdict> {
  const verdict = await applyRedriven(recordToApply(copy, edited), ports, patience);
  if (verdict.result === 'failed' && !edited) {
    const { stage, code, message } = verdict;
    const again = { record: originalOf(copy), stage, code, message, attempt: letter.attempt + 1 };
    await waitOutOutages(() => publishLetters([again], deadLetters), patience);
  }
  const result = resultFor(letter, {
    result: verdict.result,
    code: 'code' in verdict ? verdict.code : null,
    edited: edited && letterFingerprint(edited),
  });
  await waitOutOutages(() => results.record(operationId, [result]), patience);
  return verdict;
}

function recordToApply(copy: RawRecord, edited: EditedRecord | null): RawRecord {
  return { ...originalOf(copy), ...edited };
}

function nothingYet(total: number): RedriveProgress {
  return { total, done: 0, tasks: 0, quarantined: 0, results: {} };
}

function count(
  progress: RedriveProgress,
  { attempt }: Letter,
  verdict: LetterVerdict,
  edited: EditedRecord | null,
): void {
  progress.done += 1;
  progress.results[verdict.result] = (progress.results[verdict.result] ?? 0) + 1;
  if (verdict.result === 'applied') progress.tasks += verdict.tasks;
  if (verdict.result === 'failed' && !edited && attempt + 1 >= QUARANTINED_AT) progress.quarantined += 1;
}
