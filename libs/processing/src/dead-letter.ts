import { type RawRecord } from './raw-record';
import { BrokerOutage } from './shard.store';

export type DeadLetterStage = 'decode' | 'validate' | 'flow' | 'apply';

/** Why an event that was read could not be applied: `errors.code`, each with its stage. */
export const APPLY_CODES = {
  /** A stored flow that this release cannot compile. */
  flow_unreadable: 'flow',
  /** It failed its transaction alone, when everything else went through. */
  not_applicable: 'apply',
} as const satisfies Record<string, DeadLetterStage>;

/** A record that could not be read or applied, and why. Published byte for byte, with the `errors.*` headers added. */
export interface DeadLetter {
  record: RawRecord;
  stage: DeadLetterStage;
  code: string;
  message: string;
  /** 1 for the first failure. */
  attempt: number;
}

/** Port: where dead letters go. */
export interface DeadLetters {
  /**
   * Resolves once the broker has them all (acks=all).
   *
   * @throws DeadLetterRefused when it will never take one; anything else when it could not be reached.
   */
  publish(letters: DeadLetter[]): Promise<void>;
}

/** The broker will not take a dead letter, whatever is waited for. Nothing is lost: the record is read again after a restart. */
export class DeadLetterRefused extends Error {
  override readonly name = 'DeadLetterRefused';

  constructor(
    deadLetterTopic: string,
    { topic, partition, offset }: RawRecord,
    reason: string,
    cause: unknown,
  ) {
    super(
      `${deadLetterTopic} does not take the dead letter of ${topic}/${partition}/${offset}: ${reason}. Give the topic its ` +
        `limit (max.message.bytes: the inputs' plus 64 KiB) and the worker the right to write there, then start it again; nothing is lost`,
      { cause },
    );
  }
}

/** The letter of a record that failed for the first time. */
export function firstLetter(
  record: RawRecord,
  { stage, code, message }: Pick<DeadLetter, 'stage' | 'code' | 'message'>,
): DeadLetter {
  return { record, stage, code, message, attempt: 1 };
}

/** Publishes; a broker that cannot be reached is an outage like any other. @throws BrokerOutage, DeadLetterRefused */
export async function publishLetters(letters: DeadLetter[], deadLetters: DeadLetters): Promise<void> {
  try {
    await deadLetters.publish(letters);
  } catch (error) {
    if (error instanceof DeadLetterRefused) throw error;
    throw new BrokerOutage('dead letters cannot be published', { cause: error });
  }
}
