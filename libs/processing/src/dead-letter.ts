import { type RawRecord } from './raw-record';
import { StoreOutage } from './shard.store';

export type DeadLetterStage = 'decode' | 'validate' | 'flow' | 'apply';

/** A record that could not be read or applied, and why. Published byte for byte, with the `errors.*` headers added. */
export interface DeadLetter {
  record: RawRecord;
  stage: DeadLetterStage;
  code: string;
  message: string;
  /** 1 for the first failure. */
  attempt: number;
}

/** Port: where dead letters go. Resolves once the broker has them all (acks=all); throws when it could not be reached. */
export interface DeadLetters {
  publish(letters: DeadLetter[]): Promise<void>;
}

/** The letter of a record that failed for the first time. */
export function firstLetter(
  record: RawRecord,
  { stage, code, message }: Pick<DeadLetter, 'stage' | 'code' | 'message'>,
): DeadLetter {
  return { record, stage, code, message, attempt: 1 };
}

/** Publishes; a broker that cannot take dead letters is an outage like any other. @throws StoreOutage */
export async function publishLetters(letters: DeadLetter[], deadLetters: DeadLetters): Promise<void> {
  try {
    await deadLetters.publish(letters);
  } catch (error) {
    throw new StoreOutage('dead letters cannot be published', { cause: error });
  }
}
