import { type DeadLetterStage } from './dead-letter';
import { type InboundEvent } from './inbound-event';
import { type RawRecord } from './raw-record';

export type IntakeResult =
  | { kind: 'event'; event: InboundEvent }
  | {
      kind: 'dead_letter';
      stage: Extract<DeadLetterStage, 'decode' | 'validate'>;
      code: string;
      message: string;
    }
  | { kind: 'skipped'; type: string };

/** Port: bytes to events. Never throws; what cannot be read is a result. */
export interface Intake {
  read(record: RawRecord): IntakeResult;
}
