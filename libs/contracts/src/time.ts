const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const LOCAL_TIME = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;
const NUMBER = '\\d{1,9}(?:[.,]\\d{1,9})?';
const DURATION = new RegExp(
  `^P(?=.)(?:\\d{1,9}Y)?(?:\\d{1,9}M)?(?:${NUMBER}W)?(?:${NUMBER}D)?(?:T(?=.)(?:${NUMBER}H)?(?:${NUMBER}M)?(?:${NUMBER}S)?)?$`,
);
/** A part with decimals, and another one after it. */
const DECIMALS_BEFORE_THE_LAST = /[.,]\d+[A-Z]T?\d/;

/** 1970-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z in milliseconds. */
const EARLIEST = 0;
const LATEST = 253402300799999;

/**
 * An RFC 3339 date-time as the product's one form of a moment: UTC, exactly three decimals (`2019-03-01T04:04:57.172Z`).
 * The offset is applied and what is finer than a millisecond is cut off. Undefined when it is not RFC 3339, when the date is not in the
 * calendar (30 February), when it is a leap second (no clock here has it), or when it is outside 1970–9999 as written or in UTC.
 */
export function toInstant(text: string): string | undefined {
  const match = DATE_TIME.exec(text);
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6])];
  const [offsetHour, offsetMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (!isRealDate(year, month, day) || hour > 23 || minute > 59 || second > 59) return undefined;
  if (offsetHour > 23 || offsetMinute > 59) return undefined;
  const millisecond = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const offset = (offsetHour * 60 + offsetMinute) * 60_000 * (match[8] === '-' ? -1 : 1);
  const moment = Date.UTC(year, month - 1, day, hour, minute, second, millisecond) - offset;
  return moment < EARLIEST || moment > LATEST ? undefined : new Date(moment).toISOString();
}

/** `2026-12-25`, a date that the calendar has, in 1970–9999. */
export function isCalendarDate(text: string): boolean {
  const match = DATE.exec(text);
  return match !== null && isRealDate(Number(match[1]), Number(match[2]), Number(match[3]));
}

/** `09:00` on a 24-hour clock; `24:00` is the end of the day. */
export function isLocalTime(text: string): boolean {
  return LOCAL_TIME.test(text);
}

/**
 * An ISO 8601 duration, not negative: `P1DT2H`, `PT8H`, `PT1.5H`, `P2W`. Weeks may stand beside other units (as in ISO 8601-2), only the last part
 * may have decimals, years and months may not, and a number has at most nine digits.
 */
export function isDuration(text: string): boolean {
  return DURATION.test(text) && !DECIMALS_BEFORE_THE_LAST.test(text);
}

const zones = new Map<string, boolean>();

/** An IANA time zone (`America/New_York`, `UTC`) that this Node knows; fixed offsets are no zones. */
export function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(text)) return false;
  const known = zones.get(text);
  if (known !== undefined) return known;
  let valid = true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
  } catch {
    valid = false;
  }
  if (zones.size < 1000) zones.set(text, valid);
  return valid;
}

function isRealDate(year: number, month: number, day: number): boolean {
  if (year < 1970 || month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
