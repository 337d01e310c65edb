import { daysInMonth } from './instant';
import { isTimeZone } from './time-zone';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/**
 * When people work: `workforce.calendar.v1` as the contract writes it.
 *
 * An interval is `[from, to]`, local wall-clock times `HH:MM`; it belongs to the day it starts on, so
 * `["22:00", "06:00"]` runs into the next day and is off when its own day is a holiday. `"24:00"` is allowed as
 * an end; an end of `"00:00"` is the same midnight. Intervals may overlap and come in any order: they are merged.
 */
export interface Calendar {
  id: string;
  /** An IANA time zone, such as `Europe/Berlin`. */
  timezone: string;
  hours: Partial<Record<Weekday, [string, string][]>>;
  /** Local dates `YYYY-MM-DD` on which no interval starts. */
  holidays: string[];
}

const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/;
const MAX_INTERVALS = 48;
const MAX_HOLIDAYS = 5_000;

/** `HH:MM` as minutes after midnight (`24:00` is 1440), or null when it is no such time. */
export function minutesOf(clock: string): number | null {
  if (clock === '24:00') return 1440;
  const match = CLOCK.exec(clock);
  return match ? Number(match[1]) * 60 + Number(match[2]) : null;
}

/** The days from 1970-01-01 to a date `YYYY-MM-DD`, or null when there is no such date in 1970–9999. */
export function epochDayOf(date: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (!match) return null;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  return Date.UTC(year, month - 1, day) / 86_400_000;
}

/**
 * What is wrong with a calendar's body, in plain sentences that start with the field; empty when nothing is.
 * Unknown fields are ignored, as everywhere on the wire. A calendar without any hours is allowed (somebody may
 * be on leave for good): only counting time in it fails.
 */
export function checkCalendar(body: unknown): string[] {
  if (!isRecord(body)) return ['calendar: must be an object'];
  const problems: string[] = [];
  if (typeof body.timezone !== 'string' || !isTimeZone(body.timezone)) {
    problems.push(`timezone: must be an IANA time zone such as "Europe/Berlin", got ${shown(body.timezone)}`);
  }
  if (!isRecord(body.hours)) problems.push('hours: must be an object of weekdays');
  else for (const [day, intervals] of Object.entries(body.hours)) problems.push(...checkDay(day, intervals));
  const holidays = body.holidays ?? [];
  if (!Array.isArray(holidays)) problems.push('holidays: must be a list of dates');
  else if (holidays.length > MAX_HOLIDAYS) problems.push(`holidays: at most ${MAX_HOLIDAYS}`);
  else {
    holidays.forEach((date: unknown, i) => {
      if (typeof date === 'string' && epochDayOf(date) !== null) return;
      problems.push(`holidays[${i}]: must be a date such as "2026-12-25", got ${shown(date)}`);
    });
  }
  return problems;
}

function checkDay(day: string, intervals: unknown): string[] {
  if (!(WEEKDAYS as readonly string[]).includes(day))
    return [`hours.${day}: no such weekday; use ${WEEKDAYS.join(', ')}`];
  if (!Array.isArray(intervals)) return [`hours.${day}: must be a list of ["HH:MM", "HH:MM"]`];
  if (intervals.length > MAX_INTERVALS) return [`hours.${day}: at most ${MAX_INTERVALS} intervals`];
  return intervals.flatMap((interval: unknown, i) => {
    const at = `hours.${day}[${i}]`;
    if (!Array.isArray(interval) || interval.length !== 2 || interval.some((t) => typeof t !== 'string')) {
      return [`${at}: must be ["HH:MM", "HH:MM"], got ${shown(interval)}`];
    }
    const [from, to] = interval as [string, string];
    if (minutesOf(from) === null || minutesOf(to) === null)
      return [`${at}: must be times "HH:MM", got ${shown(interval)}`];
    if (from === '24:00') return [`${at}: "24:00" can only be an end; write "00:00" on the next day`];
    if (from === to) return [`${at}: is empty; write ["00:00", "24:00"] for a whole day`];
    return [];
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80);
}
