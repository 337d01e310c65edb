import { type DeadLetterStage } from '#libs/processing';

/**
 * Why a record is not an event: the closed list of `errors.code` that intake gives, each with its stage.
 * `decode`: the bytes are no CloudEvent. `validate`: they are one, and break the contract.
 */
export const INTAKE_CODES = {
  /** The value is null where an event must be (a tombstone has a meaning on the workforce topic only). */
  missing_value: 'decode',
  /** The value has more than 256 KiB. */
  too_large: 'decode',
  /** The value, or a header that is read, is not UTF-8. */
  invalid_utf8: 'decode',
  /** The value is not JSON. */
  not_json: 'decode',
  /** A key is there twice in one object. */
  duplicate_key: 'decode',
  /** `data` has more than 64 levels of objects and arrays. */
  too_deep: 'decode',
  /** A number that a double cannot hold (1e999). */
  invalid_number: 'decode',
  /** Neither `ce_` headers, nor a JSON object with `specversion`, or an attribute is not text. */
  not_cloudevent: 'decode',
  /** A header that is read is there more than once, with different values. */
  repeated_header: 'decode',
  /** A content type other than JSON, a charset other than UTF-8, or a batch of events. */
  unsupported_content_type: 'decode',
  /** CloudEvents in another version than 1.0. */
  unsupported_specversion: 'decode',
  /** This program failed on it: a fault to be reported, and then to be redriven. */
  intake_failed: 'decode',
  /** U+0000 or an unpaired surrogate in a string, a key or an attribute. */
  invalid_string: 'validate',
  /** A type that is known, in a version that is not. */
  unsupported_version: 'validate',
  /** A type that is known, on a topic that is not its own. */
  wrong_topic: 'validate',
  /** An attribute is missing or not as the contract has it. */
  invalid_envelope: 'validate',
  /** `time` is missing, not RFC 3339, not a real date, or not in 1970–9999. */
  invalid_time: 'validate',
  /** `data` is not as its type has it. */
  invalid_data: 'validate',
  /** `data.channel` is not the topic's. */
  wrong_channel: 'validate',
  /** The key of a workforce record is not `<tenantid>/<kind>:<id>`, or not that of its event. */
  wrong_key: 'validate',
} as const satisfies Record<string, Extract<DeadLetterStage, 'decode' | 'validate'>>;

export type IntakeCode = keyof typeof INTAKE_CODES;
