import { type Instant } from './vocabulary';

/** 9999-12-31T23:59:59.999Z in milliseconds since 1970. */
const LAST_MS = 253_402_300_799_999;

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,12}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** How many days the month (1–12) of a year has, in the Gregorian calendar. */
export function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/**
 * Milliseconds since 1970 as an instant, or null when that is outside 1970–9999 or no number.
 * A fraction of a millisecond is cut off.
 */
export function instantFromMs(ms: number): Instant | null {
  if (!(ms >= 0 && ms <= LAST_MS)) return null;
  return new Date(ms).toISOString();
}

/**
 * RFC 3339 text as milliseconds since 1970, or null: when it is not RFC 3339, names a date that does not exist
 * (`Date` would turn 30 February into 2 March), or lies outside 1970–9999 once its offset is applied.
 * Decimals beyond the third are cut off. A leap second is refused, since no instant could stand for it.
 */
export function msFromRfc3339(text: string): number | null {
  const parts = RFC3339.exec(text);
  if (!parts) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const fraction = Number((parts[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const offsetHour = Number(parts[9] ?? 0);
  const offsetMinute = Number(parts[10] ?? 0);
  if (offsetHour > 23 || offsetMinute > 59) return null;
  const offset = (offsetHour * 60 + offsetMinute) * 60_000 * (parts[8] === '-' ? -1 : 1);
  const local = new Date(0);
  // Not Date.UTC, which takes the years 0–99 for 1900–1999.
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second, fraction);
  const ms = local.getTime() - offset;
  return ms >= 0 && ms <= LAST_MS ? ms : null;
}
