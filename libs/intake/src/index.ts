export { type CloudEvent, readCloudEvent, type UninterestingEvent } from './cloudevent';
export { INTAKE_CODES, type IntakeCode } from './codes';
export { type EncodedRecord, type OutgoingCloudEvent, toBinary, toStructured } from './encode';
export { createIntake, type EventIntake, type WorkforceIntakeResult } from './intake';
export { payloadHash } from './payload-hash';
export { type IntakeDeadLetter } from './refusal';
export { parseWorkforceKey, type WorkforceKey, workforceKey } from './workforce.key';
