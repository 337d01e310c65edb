import { checkCalendar } from '#libs/domain';
import { type ConsequencePorts, applyConsequences } from './consequences/apply-consequences';
import { type DeadLetter, type DeadLetters, firstLetter, publishLetters } from './dead-letter';
import { type InputPosition, positionAfter } from './input-position';
import { type IntakeResult } from './intake';
import { type Patience, waitOutOutages } from './patience';
import { type RawRecord } from './raw-record';
import { type WorkforceChange, type WorkforceRecord } from './workforce-change';

type WorkforceReading =
  { kind: 'change'; change: WorkforceChange } | Exclude<IntakeResult, { kind: 'event' }>;

export interface WorkforcePorts {
  intake: { readWorkforce(record: RawRecord): WorkforceReading };
  store: {
    /** Applies changes in the order of their offsets, with the position after them where it is given, in one transaction. */
    apply(records: readonly WorkforceRecord[], position: InputPosition | null): Promise<unknown>;
  };
  consequences: ConsequencePorts;
  deadLetters: DeadLetters;
}

/** What became of a record of the workforce that came another way than its topic. */
export type WorkforceOutcome =
  | { kind: 'changed' }
  /** What stands is of this very record or of a later one, so it changed nothing. */
  | { kind: 'outdated' }
  | Exclude<IntakeResult, { kind: 'event' }>;

/**
 * Applies consecutive records of the workforce topic; what cannot be read is dead-lettered first, since the position moves with
 * the changes. What the changes mean for tasks is applied between the two: whoever decides by them then finds both.
 *
 * @param nextOffset where reading goes on, if not right behind the last record (`positionAfter`).
 * @returns how many changes were applied.
 * @throws Interrupted when told to stop while waiting for an outage to end.
 */
export async function applyWorkforce(
  records: readonly RawRecord[],
  { intake, store, deadLetters, consequences }: WorkforcePorts,
  patience: Patience,
  nextOffset?: string,
): Promise<number> {
  const changes: WorkforceRecord[] = [];
  const letters: DeadLetter[] = [];
  for (const record of records) {
    const read = usable(intake.readWorkforce(record));
    if (read.kind === 'change') changes.push({ change: read.change, record });
    if (read.kind === 'dead_letter') letters.push(firstLetter(record, read));
  }
  if (letters.length > 0) await waitOutOutages(() => publishLetters(letters, deadLetters), patience);
  await waitOutOutages(() => store.apply(changes, null), patience);
  await applyConsequences(changes, consequences, patience);
  await waitOutOutages(() => store.apply([], positionAfter(records, nextOffset)), patience);
  return changes.length;
}

/**
 * Applies one record of the workforce topic that is not read at the input's position, such as a redriven one. It counts by its own
 * offset: where a later record of the same key was applied meanwhile, it changes nothing.
 *
 * @param apply stores the change, or rehearses that; gives how many entries it changed.
 * @throws Interrupted when told to stop while waiting for an outage to end.
 */
export async function applyWorkforceRecord(
  record: RawRecord,
  intake: WorkforcePorts['intake'],
  apply: (records: readonly WorkforceRecord[]) => Promise<number>,
  patience: Patience,
): Promise<WorkforceOutcome> {
  const read = usable(intake.readWorkforce(record));
  if (read.kind !== 'change') return read;
  const changed = await waitOutOutages(() => apply([{ change: read.change, record }]), patience);
  return { kind: changed > 0 ? 'changed' : 'outdated' };
}

/** A calendar nobody could reckon with is refused here, or due dates would later be refused for no visible reason. */
function usable(read: WorkforceReading): WorkforceReading {
  if (read.kind !== 'change' || read.change.kind !== 'calendar' || read.change.body === null) return read;
  const [problem] = checkCalendar(read.change.body);
  return problem ? { kind: 'dead_letter', stage: 'validate', code: 'invalid_data', message: problem } : read;
}
