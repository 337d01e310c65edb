import { daysInMonth } from './instant';

/**
 * An ISO 8601 duration, never negative. Years and months have no fixed length; everything from weeks down
 * has (a day is 24 hours in UTC) and is kept apart as `timeMs` and `dayMs`.
 */
export interface IsoDuration {
  /** Years and months together, in months. */
  months: number;
  /** Weeks and days, in milliseconds. */
  dayMs: number;
  /** Hours, minutes and seconds, in milliseconds; fractions below 1 ms are cut off. */
  timeMs: number;
  /** Whether years, months, weeks or days were written at all (`P0D` counts). */
  hasDateParts: boolean;
}

const DAY_MS = 86_400_000;
const NUMBER = '(\\d{1,9}(?:[.,]\\d{1,9})?)';
const PATTERN = new RegExp(
  `^P(?=.)(?:(\\d{1,9})Y)?(?:(\\d{1,9})M)?(?:${NUMBER}W)?(?:${NUMBER}D)?(?:T(?=.)(?:${NUMBER}H)?(?:${NUMBER}M)?(?:${NUMBER}S)?)?$`,
);

/**
 * Reads an ISO 8601 duration (`P1Y2M3W4DT5H6M7.5S`), or gives null when it is none.
 * Only the last part written may have a fraction, as the standard has it, and years and months may not, since a
 * fraction of them means nothing exact. Weeks may stand beside other parts (ISO 8601-2). No sign is accepted.
 */
export function parseIsoDuration(text: string): IsoDuration | null {
  const match = PATTERN.exec(text);
  if (!match) return null;
  const written = match.slice(1).filter((part) => part !== undefined);
  if (written.slice(0, -1).some((part) => /[.,]/.test(part))) return null;
  const [years, months, weeks, days, hours, minutes, seconds] = match
    .slice(1)
    .map((part) => Number((part ?? '0').replace(',', '.'))) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    months: years * 12 + months,
    dayMs: Math.trunc((weeks * 7 + days) * DAY_MS),
    timeMs: Math.trunc(Math.round((hours * 3_600_000 + minutes * 60_000 + seconds * 1000) * 1e6) / 1e6),
    hasDateParts: match.slice(1, 5).some((part) => part !== undefined),
  };
}

/**
 * The moment a duration after `fromMs`, both in milliseconds since 1970, by UTC's calendar: months first (a day
 * the month does not have becomes its last, so 31 January + P1M is the end of February), then the rest.
 * May lie beyond what a `Date` can hold: then NaN.
 */
export function addIsoDuration(fromMs: number, duration: IsoDuration): number {
  return moveBy(fromMs, duration, 1);
}

/** The moment a duration before `fromMs`; otherwise as `addIsoDuration`. */
export function subtractIsoDuration(fromMs: number, duration: IsoDuration): number {
  return moveBy(fromMs, duration, -1);
}

function moveBy(fromMs: number, duration: IsoDuration, sign: 1 | -1): number {
  let ms = fromMs;
  if (duration.months > 0) {
    const from = new Date(fromMs);
    const total = from.getUTCFullYear() * 12 + from.getUTCMonth() + sign * duration.months;
    const year = Math.floor(total / 12);
    if (year > 9999 || year < 0) return NaN;
    const month = total - year * 12;
    from.setUTCFullYear(year, month, Math.min(from.getUTCDate(), daysInMonth(year, month + 1)));
    ms = from.getTime();
  }
  return ms + sign * (duration.dayMs + duration.timeMs);
}

/** Whether it is no time at all. */
export function isZeroDuration({ months, dayMs, timeMs }: IsoDuration): boolean {
  return months === 0 && dayMs === 0 && timeMs === 0;
}
