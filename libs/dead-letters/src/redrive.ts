import { WORKFORCE_TOPIC } from '#libs/contracts';
import {
  applyRecords,
  applyWorkforceRecord,
  type DeadLetterStage,
  Interrupted,
  type Outcome,
  type Patience,
  type ProcessingPorts,
  type RawRecord,
  rehearsing,
  StoreConflict,
  StoreRefusal,
  type WorkforceOutcome,
  type WorkforcePorts,
  type WorkforceRecord,
} from '#libs/processing';

/** What a redrive came to, or would come to. */
export type Verdict =
  | { result: 'applied'; tasks: number; warnings: number }
  /** It was applied before: by an earlier redrive, a replay, or as another copy. */
  | { result: 'duplicate'; samePayload: boolean }
  | { result: 'rejected'; code: string }
  /** A later record of the workforce stands in its place. */
  | { result: 'outdated' }
  | { result: 'skipped'; type: string }
  | { result: 'failed'; stage: DeadLetterStage; code: string; message: string };

export interface RedrivePorts {
  processing: ProcessingPorts;
  workforce: {
    intake: WorkforcePorts['intake'];
    /** Both give how many entries are changed. */
    apply(records: readonly WorkforceRecord[]): Promise<number>;
    rehearse(records: readonly WorkforceRecord[]): Promise<number>;
  };
}

/**
 * Applies a record as the worker would have, had it been able to: there is one way to change a task. Where it was read is still where
 * it comes from, and no position moves.
 *
 * @throws Interrupted when told to stop while waiting for an outage to end.
 */
export async function applyRedriven(
  record: RawRecord,
  { processing, workforce }: RedrivePorts,
  patience: Patience,
): Promise<Verdict> {
  if (record.topic === WORKFORCE_TOPIC)
    return applyWorkforce(record, workforce.intake, workforce.apply, patience);
  const { outcomes } = await applyRecords([record], null, processing, patience);
  return verdictOn(outcomes[0]!);
}

/**
 * What `applyRedriven` would say of records, in this order, as things stand now; nothing is written. They are tried together, so that
 * one sees what those before it would do.
 */
export async function rehearseRedriven(
  records: readonly RawRecord[],
  { processing, workforce }: RedrivePorts,
  patience: Patience,
): Promise<Verdict[]> {
  const verdicts = new Map<RawRecord, Verdict>();
  const ports = { ...processing, store: rehearsing(processing.store), committed: undefined };
  const events = records.filter(({ topic }) => topic !== WORKFORCE_TOPIC);
  const { outcomes } = await applyRecords(events, null, ports, patience);
  events.forEach((record, i) => verdicts.set(record, verdictOn(outcomes[i]!)));
  for (const record of records.filter(({ topic }) => topic === WORKFORCE_TOPIC)) {
    verdicts.set(record, await applyWorkforce(record, workforce.intake, workforce.rehearse, patience));
  }
  return records.map((record) => verdicts.get(record)!);
}

async function applyWorkforce(
  record: RawRecord,
  intake: WorkforcePorts['intake'],
  apply: (records: readonly WorkforceRecord[]) => Promise<number>,
  patience: Patience,
): Promise<Verdict> {
  try {
    return verdictOn(await applyWorkforceRecord(record, intake, apply, patience));
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof Error)) throw error;
    // What a store says has no value of the record in it; whatever else was thrown may.
    const isOurs = error instanceof StoreRefusal || error instanceof StoreConflict;
    const message = isOurs
      ? error.message
      : `applying failed with ${error.name}, which is a fault of this program`;
    return { result: 'failed', stage: 'apply', code: 'not_applicable', message };
  }
}

function verdictOn(outcome: Outcome | WorkforceOutcome): Verdict {
  switch (outcome.kind) {
    case 'applied':
      return { result: 'applied', tasks: outcome.tasks, warnings: outcome.warnings };
    case 'changed':
      return { result: 'applied', tasks: 0, warnings: 0 };
    case 'duplicate':
      return { result: 'duplicate', samePayload: outcome.samePayload };
    case 'rejected':
      return { result: 'rejected', code: outcome.code };
    case 'outdated':
      return { result: 'outdated' };
    case 'skipped':
      return { result: 'skipped', type: outcome.type };
    case 'dead_letter': {
      const { stage, code, message } = 'letter' in outcome ? outcome.letter : outcome;
      return { result: 'failed', stage, code, message };
    }
  }
}
