import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn } from 'class-validator';
import { LIMITS } from './limits';
import { defineRule, textRule } from './rule';
import {
  fitsBytes,
  hasCharacters,
  isAttributeText,
  isPrintable,
  isTenantId,
  isTraceparent,
  isUuid,
} from './text';
import { WEEKDAYS } from './vocabulary';
import { isCalendarDate, isDuration, isLocalTime, isTimeZone, toInstant } from './time';

const printableText = textRule({
  name: 'printable',
  holds: isPrintable,
  message: (max) => `must be 1 to ${max} printable characters`,
  published: (max) => ({ minLength: 1, maxLength: max }),
});

/** An id given by others: 1–128 printable characters (code points): no control or invisible formatting characters, no line breaks. */
export const IsId = () => printableText(LIMITS.idCharacters);

/** Why an operator does something: 1–500 printable characters, for the audit. */
export const IsOperatorReason = () => printableText(LIMITS.operatorReasonCharacters);

const attributeText = textRule({
  name: 'attribute',
  holds: isAttributeText,
  message: (max) => `must be 1 to ${max} characters without control characters`,
  published: (max) => ({ minLength: 1, maxLength: max }),
});

/** The envelope's `id`: 1–128 characters. */
export const IsEventId = () => attributeText(LIMITS.eventIdCharacters);
/** The envelope's `source`: 1–512 characters. */
export const IsSource = () => attributeText(LIMITS.sourceCharacters);

const title = textRule({
  name: 'title',
  holds: (text, max) => hasCharacters(text, 1, max),
  message: (max) => `must be 1 to ${max} characters`,
  published: (max) => ({ minLength: 1, maxLength: max }),
});

/** A task's title: 1–500 characters (code points). */
export const IsTitle = () => title(LIMITS.titleCharacters);

const search = textRule({
  name: 'search',
  holds: (text, max) => hasCharacters(text, 1, max) && /[\p{L}\p{N}]/u.test(text),
  message: (max) => `must be 1 to ${max} characters with a letter or a digit among them`,
  published: (max) => ({ minLength: 1, maxLength: max, pattern: '[\\p{L}\\p{N}]' }),
});

/** Words to search for: at most 200 characters, at least one letter or digit. */
export const IsSearch = () => search(LIMITS.searchCharacters);

const boundedText = textRule({
  name: 'utf8-bytes',
  holds: fitsBytes,
  message: (max) => `must be text of at most ${max} bytes in UTF-8`,
  published: (max) => ({ maxLength: max }),
});

/** A description, comment, text, reason or resolution: at most 16 KiB in UTF-8. May be empty. */
export const IsBoundedText = () => boundedText(LIMITS.textBytes);

export const IsTenant = textRule({
  name: 'tenant',
  holds: isTenantId,
  message: () => 'must be 1 to 64 of A-Z, a-z, 0-9, "_", "." and "-"',
  published: () => ({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }),
});

/** A UUID in either case. */
export const IsUuid = textRule({
  name: 'uuid',
  holds: isUuid,
  message: () => 'must be a UUID',
  published: () => ({ format: 'uuid' }),
});

/** RFC 3339, a real date in 1970–9999. */
export const IsDateTime = textRule({
  name: 'date-time',
  holds: (text) => toInstant(text) !== undefined,
  message: () => 'must be an RFC 3339 date-time with a real date in 1970–9999',
  published: () => ({ format: 'date-time' }),
});

/** An ISO 8601 duration, not negative. */
export const IsDurationText = textRule({
  name: 'duration',
  holds: isDuration,
  message: () => 'must be an ISO 8601 duration such as PT8H or P1D',
  published: () => ({ format: 'duration' }),
});

/** An IANA time zone. */
export const IsZone = textRule({
  name: 'time-zone',
  holds: isTimeZone,
  message: () => 'must be an IANA time zone such as Europe/Berlin',
});

export const IsTraceparent = textRule({
  name: 'traceparent',
  holds: isTraceparent,
  message: () => 'must be a W3C traceparent',
  published: () => ({ pattern: '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' }),
});

/** A whole number of at least one, as text: CloudEvents' `sequence` extension. */
export const IsSequenceText = textRule({
  name: 'sequence',
  holds: (text) => /^[1-9]\d{0,15}$/.test(text),
  message: () => 'must be a whole number from 1, as text',
  published: () => ({ pattern: '^[1-9][0-9]{0,15}$' }),
});

/** An event type: `task.create.v1`. */
export const IsTypeName = textRule({
  name: 'event-type',
  holds: (text) => hasCharacters(text, 1, 128) && /^[\x21-\x7e]+$/.test(text),
  message: () => 'must be an event type such as task.create.v1',
  published: () => ({ pattern: '^[!-~]{1,128}$' }),
});

/** An array of ids. */
export const IsIdList = defineRule({
  name: 'ids',
  holds: (value, max) => everyItem(value, (item) => typeof item === 'string' && isPrintable(item, max)),
  message: () => 'must be a list of ids of 1 to 128 printable characters',
  published: () => ({
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: LIMITS.idCharacters },
  }),
});

/** An array of strings. */
export const IsTextList = defineRule({
  name: 'texts',
  holds: (value) => everyItem(value, (item) => typeof item === 'string'),
  message: () => 'must be a list of strings',
  published: () => ({ type: 'array', items: { type: 'string' } }),
});

/** A list of some of these words, at least one. */
export function IsWordList(words: readonly string[]): PropertyDecorator {
  const decorators = [IsArray(), ArrayMinSize(1), ArrayMaxSize(words.length), IsIn(words, { each: true })];
  return (target, property) => decorators.forEach((decorate) => decorate(target, property));
}

/** An array of objects, to stand beside `@ValidateNested`, which alone would let arrays of arrays pass. */
export const IsObjectList = defineRule({
  name: 'objects',
  holds: (value) =>
    everyItem(value, (item) => typeof item === 'object' && item !== null && !Array.isArray(item)),
  message: () => 'must be a list of objects',
  published: () => ({ type: 'array', items: { type: 'object' } }),
});

/**
 * A map whose keys are weekdays: a misspelt day would be a free one. Names that every JavaScript object has (`constructor`) are
 * ignored, since class-transformer drops them before the rule could see them.
 */
export const IsByWeekday = defineRule({
  name: 'by-weekday',
  holds: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).every(
      (day) => (WEEKDAYS as readonly string[]).includes(day) || day in Object.prototype,
    ),
  message: () => `must have no keys but ${WEEKDAYS.join(', ')}`,
  published: () => ({}),
});

/** An array of calendar dates, `2026-12-25`. */
export const IsDateList = defineRule({
  name: 'dates',
  holds: (value, max) =>
    everyItem(value, (item) => typeof item === 'string' && isCalendarDate(item)) &&
    (value as unknown[]).length <= max,
  message: (max) => `must be a list of at most ${max} dates such as 2026-12-25`,
  published: (max) => ({ type: 'array', maxItems: max, items: { type: 'string', format: 'date' } }),
});

/** The working time of a day: `[["09:00","12:00"],["13:00","17:00"]]`. */
export const IsSpanList = defineRule({
  name: 'spans',
  holds: (value, max) => everyItem(value, isSpan) && (value as unknown[]).length <= max,
  message: (max) => `must be a list of at most ${max} pairs of local times such as ["09:00","17:00"]`,
  published: (max) => ({
    type: 'array',
    maxItems: max,
    items: {
      type: 'array',
      minItems: 2,
      maxItems: 2,
      items: { type: 'string', pattern: '^[0-9]{2}:[0-9]{2}$' },
    },
  }),
});

/** The key must be there; any JSON value, null among them. */
export const IsPresent = defineRule({
  name: 'present',
  holds: (value) => value !== undefined,
  message: () => 'is required',
  published: () => ({}),
});

/** One of the three forms of `due`; the fields themselves are checked by its class. */
export const IsDueForm = defineRule({
  name: 'due-form',
  holds: (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const due = value as Record<string, unknown>;
    const [at, within, calendar] = [due['at'], due['in'], due['calendar']].map(
      (field) => field !== undefined,
    );
    return at ? !within && !calendar : within === true;
  },
  message: () => 'must be one of {"at"}, {"in"} and {"in","calendar"}',
  published: () => ({
    oneOf: [
      { required: ['at'], not: { required: ['calendar'] } },
      { required: ['in'], not: { required: ['at'] } },
    ],
  }),
});

function everyItem(value: unknown, holds: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every((item) => holds(item));
}

/** `24:00` can only be an end, and a span of no length says nothing: a whole day is `["00:00","24:00"]`. */
function isSpan(item: unknown): boolean {
  if (!Array.isArray(item) || item.length !== 2) return false;
  const [from, to] = item as [unknown, unknown];
  if (typeof from !== 'string' || typeof to !== 'string') return false;
  return isLocalTime(from) && isLocalTime(to) && from !== '24:00' && from !== to;
}
