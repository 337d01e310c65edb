const KIB = 1024;

/**
 * How much of anything a message may hold. Characters are Unicode code points, as JSON Schema's `maxLength` counts them;
 * bytes are those of UTF-8.
 */
export const LIMITS = {
  /** The record's value, in bytes. Keys and headers are bounded by the attributes' own limits. */
  messageBytes: 256 * KIB,
  /** Levels of objects and arrays in `data`, itself the first; the envelope of a structured message is not counted, so that both bindings agree. */
  dataLevels: 64,
  eventIdCharacters: 128,
  sourceCharacters: 512,
  idCharacters: 128,
  tenantCharacters: 64,
  titleCharacters: 500,
  /** A description, comment, text, reason or resolution. */
  textBytes: 16 * KIB,
  /** Spans of working time in a day. */
  spansADay: 24,
  holidays: 5000,
  /** Why an operator does something. */
  operatorReasonCharacters: 500,
  /** An Idempotency-Key. With a bulk item’s number it is an event’s id. */
  idempotencyKeyCharacters: 120,
  /** Commands in one bulk request. */
  bulkItems: 100,
  /** Things on one page of a list. */
  pageItems: 200,
  /** Words to search for. */
  searchCharacters: 200,
  /** Outcomes that a dry run looks at, at most. */
  dryRunOutcomes: 100_000,
  /** How long a dry run may take. */
  dryRunSeconds: 60,
  /** Samples of each kind that a dry run shows, at most. Each may hold its inputs twice, 32 KiB each. */
  dryRunSamples: 20,
  /** Steps of an escalation. */
  escalationSteps: 10,
} as const;
