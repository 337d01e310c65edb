import { type DeadLetter, type DeadLetters, publishLetters } from './dead-letter';
import { type InputPosition, positionAfter } from './input-position';
import { type IntakeResult } from './intake';
import { type Patience, waitOutOutages } from './patience';
import { type RawRecord } from './raw-record';
import { type WorkforceChange } from './workforce-change';

/** A change of the workforce, and the offset of the record that said so. */
export interface WorkforceRecord {
  change: WorkforceChange;
  offset: string;
}

export interface WorkforcePorts {
  intake: {
    readWorkforce(
      record: RawRecord,
    ): { kind: 'change'; change: WorkforceChange } | Exclude<IntakeResult, { kind: 'event' }>;
  };
  store: {
    /** Applies changes in the order of their offsets, with the position after them, in one transaction. */
    apply(records: readonly WorkforceRecord[], position: InputPosition): Promise<void>;
  };
  deadLetters: DeadLetters;
}

/**
 * Applies consecutive records of the workforce topic; what cannot be read is dead-lettered first, since the position moves with
 * the changes.
 *
 * @returns how many changes were applied.
 * @throws Interrupted when told to stop while waiting for an outage to end.
 */
export async function applyWorkforce(
  records: readonly RawRecord[],
  { intake, store, deadLetters }: WorkforcePorts,
  patience: Patience,
): Promise<number> {
  const changes: WorkforceRecord[] = [];
  const letters: DeadLetter[] = [];
  for (const record of records) {
    const read = intake.readWorkforce(record);
    if (read.kind === 'change') changes.push({ change: read.change, offset: record.offset });
    if (read.kind !== 'dead_letter') continue;
    letters.push({ record, stage: read.stage, code: read.code, message: read.message, attempt: 1 });
  }
  if (letters.length > 0) await waitOutOutages(() => publishLetters(letters, deadLetters), patience);
  await waitOutOutages(() => store.apply(changes, positionAfter(records)), patience);
  return changes.length;
}
