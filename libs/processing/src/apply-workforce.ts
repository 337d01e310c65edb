import { checkCalendar } from '#libs/domain';
import { type DeadLetter, type DeadLetters, firstLetter, publishLetters } from './dead-letter';
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

type WorkforceReading =
  { kind: 'change'; change: WorkforceChange } | Exclude<IntakeResult, { kind: 'event' }>;

export interface WorkforcePorts {
  intake: { readWorkforce(record: RawRecord): WorkforceReading };
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
 * @param nextOffset where reading goes on, if not right behind the last record (`positionAfter`).
 * @returns how many changes were applied.
 * @throws Interrupted when told to stop while waiting for an outage to end.
 */
export async function applyWorkforce(
  records: readonly RawRecord[],
  { intake, store, deadLetters }: WorkforcePorts,
  patience: Patience,
  nextOffset?: string,
): Promise<number> {
  const changes: WorkforceRecord[] = [];
  const letters: DeadLetter[] = [];
  for (const record of records) {
    const read = usable(intake.readWorkforce(record));
    if (read.kind === 'change') changes.push({ change: read.change, offset: record.offset });
    if (read.kind === 'dead_letter') letters.push(firstLetter(record, read));
  }
  if (letters.length > 0) await waitOutOutages(() => publishLetters(letters, deadLetters), patience);
  await waitOutOutages(() => store.apply(changes, positionAfter(records, nextOffset)), patience);
  return changes.length;
}

/** A calendar nobody could reckon with is refused here, or due dates would later be refused for no visible reason. */
function usable(read: WorkforceReading): WorkforceReading {
  if (read.kind !== 'change' || read.change.kind !== 'calendar' || read.change.body === null) return read;
  const [problem] = checkCalendar(read.change.body);
  return problem ? { kind: 'dead_letter', stage: 'validate', code: 'invalid_data', message: problem } : read;
}
