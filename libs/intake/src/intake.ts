import { type Intake, type IntakeResult, type RawRecord, type WorkforceChange } from '#libs/processing';
import { readConversationRecord } from './conversation.intake';
import { type IntakeDeadLetter, Refusal } from './refusal';
import { readWorkforceRecord } from './workforce.intake';

export type WorkforceIntakeResult =
  { kind: 'change'; change: WorkforceChange } | IntakeDeadLetter | { kind: 'skipped'; type: string };

/** Bytes to events, and to workforce changes. Neither throws: what cannot be read is a result. Both keep no state. */
export interface EventIntake extends Intake {
  read(record: RawRecord): IntakeResult;
  readWorkforce(record: RawRecord): WorkforceIntakeResult;
}

/** The intake of both kinds of input topics. */
export function createIntake(): EventIntake {
  return {
    read: (record) => settle(() => readConversationRecord(record)),
    readWorkforce: (record) => settle(() => readWorkforceRecord(record)),
  };
}

/**
 * A refusal is a result. So is a fault of this program: thrown on, it would stop the partition at this record for ever, while a dead letter keeps
 * the record and says so.
 */
function settle<T>(read: () => T): T | IntakeDeadLetter {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal) return error.toDeadLetter();
    const name = error instanceof Error ? error.name : typeof error;
    return new Refusal(
      'intake_failed',
      `reading failed with ${name}, which is a fault of this program`,
    ).toDeadLetter();
  }
}
