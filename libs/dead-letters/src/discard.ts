import { type Patience, waitOutOutages } from '#libs/processing';
import { type Letter } from './letter';
import { type LetterResults, resultFor } from './letter.result';
import { type OperationEnd, type Operations, type OperationStart, runOperation } from './operation.run';

const AT_ONCE = 100;

export interface DiscardDependencies {
  results: LetterResults;
  operations: Operations;
  patience: Patience;
  onDiscarded(letters: number): void;
}

/** Writes down that nobody will do anything about these letters, and why. They stay in the topic as long as it keeps them. */
export async function discardLetters(
  letters: readonly Letter[],
  start: OperationStart & { reason: string },
  { results, operations, patience, onDiscarded }: DiscardDependencies,
): Promise<OperationEnd & { discarded: number }> {
  let discarded = 0;
  const end = await runOperation(
    operations,
    { kind: 'discard', ...start },
    () => ({ total: letters.length, done: discarded }),
    patience,
    async ({ id, goesOn }) => {
      for (let from = 0; from < letters.length && (await goesOn()); from += AT_ONCE) {
        const some = letters.slice(from, from + AT_ONCE);
        const rows = some.map((letter) =>
          resultFor(letter, { result: 'discarded', code: null, edited: null }),
        );
        await waitOutOutages(() => results.record(id, rows), patience);
        discarded += some.length;
        onDiscarded(some.length);
      }
    },
  );
  return { ...end, discarded };
}
