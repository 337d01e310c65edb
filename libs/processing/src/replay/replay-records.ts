import { type Outcome } from '../outcome';
import { type Patience } from '../patience';
import { type ApplyPorts, applyRecords } from '../process-batch';
import { type RawRecord } from '../raw-record';
import { Rehearsal } from './rehearsal';
import { rehearseRecords } from './rehearse-records';
import { type StandingStore } from './standing.store';
import { type Replayed, type Verdict } from './verdict';

/** What cannot be read or applied was dead-lettered when it was first read, and is only counted here. */
export interface ReplayPorts extends ApplyPorts {
  standing: StandingStore;
}

/**
 * Applies those of the records that were missed, and no others: they are rehearsed first, so what is there takes no lock and no
 * transaction that writes. Applying decides anew, under the lock: what a worker applied meanwhile is a duplicate.
 *
 * @returns what became of each record, in order.
 * @throws Interrupted when told to stop while waiting for an outage to end.
 */
export async function replayRecords(
  records: readonly RawRecord[],
  ports: ReplayPorts,
  patience: Patience,
): Promise<Replayed[]> {
  const replayed = await rehearseRecords(records, new Rehearsal(ports.standing), ports, patience);
  const missed = replayed.filter(({ verdict }) => verdict.kind === 'new');
  if (missed.length === 0) return replayed;
  const { outcomes } = await applyRecords(
    missed.map(({ record }) => record),
    null,
    ports,
    patience,
  );
  missed.forEach((each, i) => (each.verdict = whatBecame(each.verdict, outcomes[i]!)));
  return replayed;
}

/** Mostly what was foreseen; but a worker, or somebody who changed a flow, may have come between. */
function whatBecame(foreseen: Verdict, outcome: Outcome): Verdict {
  if (foreseen.kind !== 'new') return foreseen;
  const { effect } = foreseen;
  switch (outcome.kind) {
    case 'applied':
      return { kind: 'new', effect: { ...effect, rejection: null, taskCount: outcome.tasks } };
    case 'rejected': {
      const rejection = effect.rejection ?? { code: outcome.code, detail: '' };
      return { kind: 'new', effect: { ...effect, rejection, taskCount: 0, tasks: [] } };
    }
    case 'duplicate':
      return outcome.samePayload
        ? { kind: 'there' }
        : { kind: 'differs', why: { fields: [], reason: 'a worker applied another payload meanwhile' } };
    case 'dead_letter': {
      const { stage, code, message } = outcome.letter;
      return { kind: 'dead_letter', stage, code, message };
    }
    case 'skipped':
      return { kind: 'skipped' };
  }
}
