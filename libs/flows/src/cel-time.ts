import { isRfc3339 } from './due-literal';

/**
 * Stricter time functions than cel-js's. Its `timestamp()` is JavaScript's `Date`, which takes 30 February for
 * 2 March and reads text without an offset in the machine's zone; its `duration()` uses a pattern that needs
 * n³ steps for n digits without a unit (5,000 digits: minutes); and its time zone methods, and getDayOfYear,
 * go by the machine's own zone. None of that may decide about a task.
 */

/** A problem with the text given to `timestamp()`, or null. */
export function checkTimestampText(text: unknown): string | null {
  if (typeof text !== 'string' || (isRfc3339(text) && text.length <= 30)) return null;
  return 'timestamp() needs an RFC 3339 time with an offset and a real date';
}

/** A problem with the text given to `duration()`, or null. */
export function checkDurationText(text: unknown): string | null {
  if (typeof text !== 'string') return null;
  if (text.length <= 64 && /^[+-]?(\d{1,12}(\.\d{1,9})?(ns|us|µs|ms|s|m|h))+$/.test(text)) return null;
  return 'duration() needs a text such as "90s", "4h" or "1h30m"';
}

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

const PARTS: Record<string, { part: Part; shift: number }> = {
  getFullYear: { part: 'year', shift: 0 },
  // CEL counts months and days of the month from 0, except in getDate.
  getMonth: { part: 'month', shift: -1 },
  getDate: { part: 'day', shift: 0 },
  getDayOfMonth: { part: 'day', shift: -1 },
  getHours: { part: 'hour', shift: 0 },
  getMinutes: { part: 'minute', shift: 0 },
  getSeconds: { part: 'second', shift: 0 },
};

/** Whether a method reads a part of a timestamp in a time zone, and is ours rather than cel-js's. */
export function isCalendarMethod(name: string): boolean {
  return Object.hasOwn(PARTS, name) || name === 'getDayOfWeek' || name === 'getDayOfYear';
}

/** By name in small letters: no more than there are zones, some 600. */
const zones = new Map<string, Intl.DateTimeFormat>();

/**
 * A part of a moment as the calendar and the clock show it in a time zone (UTC if none is named), counted as CEL does:
 * months, days of month, week (0 is Sunday) and year from 0.
 *
 * @throws RangeError when there is no such zone
 */
export function calendarPart(moment: Date, method: string, zone = 'UTC'): bigint {
  const shown = wallClock(moment, zone);
  const simple = PARTS[method];
  if (simple) return BigInt(shown[simple.part] + simple.shift);
  const midnight = Date.UTC(shown.year, shown.month - 1, shown.day);
  if (method === 'getDayOfWeek') return BigInt(new Date(midnight).getUTCDay());
  return BigInt((midnight - Date.UTC(shown.year, 0, 1)) / 86_400_000);
}

/** A problem when there is no such time zone, or null. */
export function checkZone(zone: unknown): string | null {
  if (typeof zone !== 'string') return null;
  try {
    formatOf(zone);
    return null;
  } catch {
    return `no such time zone: ${zone.slice(0, 64)}`;
  }
}

function wallClock(moment: Date, zone: string): Record<Part, number> {
  const result: Record<Part, number> = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of formatOf(zone).formatToParts(moment)) {
    if (type in result) result[type as Part] = Number(value);
  }
  return result;
}

/** Kept, since making one costs 50 µs, once however its name is spelled; names that are no zone throw before they are kept. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const name = zone.slice(0, 64).toLowerCase();
  let format = zones.get(name);
  if (!format) {
    if (!/^[a-z]/.test(name)) throw new RangeError(`no such time zone: ${zone.slice(0, 64)}`);
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    zones.set(name, format);
  }
  return format;
}
