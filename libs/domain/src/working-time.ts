import { type Calendar, epochDayOf, minutesOf, WEEKDAYS } from './calendar';
import { instantFromMs } from './instant';
import { TimeZone } from './time-zone';
import { type Instant } from './vocabulary';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** How far ahead working time is looked for: ten years. It bounds the search in a calendar without hours. */
export const SEARCH_DAYS = 3_653;

/** A moment, or why there is none. */
export type Resolution = { ok: true; at: Instant } | { ok: false; problem: string };

/** Local times of one day in milliseconds after its midnight, sorted and apart. */
type DayHours = readonly (readonly [from: number, to: number])[];

interface CompiledCalendar {
  zone: TimeZone;
  holidays: Set<number>;
  /** Indexed by weekday (Monday 0) × 4, plus 2 when the day before is a holiday, plus 1 when the day itself is. */
  days: DayHours[];
  isEmpty: boolean;
}

const compiled = new WeakMap<Calendar, CompiledCalendar>();

/**
 * The moment at which `durationMs` of working time has passed since `from`.
 *
 * A moment counts when the clock on the wall in the calendar's zone shows working hours at it, and what is
 * counted is real elapsed time: a day that loses an hour to summer time has an hour less of it, and an hour
 * that the clocks show twice counts twice. When the time is up at the end of an interval, that end is the result,
 * not the start of the next (09–12 and three hours: 12:00). No time at all from outside working hours gives
 * the next working moment; an interval's end still belongs to it. So the result is always within working hours,
 * and adding a then b is adding a + b.
 *
 * @param durationMs milliseconds, 0 or more
 * @returns a problem when the calendar has too little working time within ten years (`SEARCH_DAYS`), or when
 * the result would lie beyond 9999
 * @throws RangeError when the duration is negative or no number, or `from` is no instant
 */
export function addWorkingTime(from: Instant, durationMs: number, calendar: Calendar): Resolution {
  const startMs = Date.parse(from);
  if (Number.isNaN(startMs)) throw new RangeError(`not an instant: ${from}`);
  if (!(durationMs >= 0)) throw new RangeError(`not a duration: ${durationMs}`);
  const hours = compile(calendar);
  if (hours.isEmpty) return { ok: false, problem: `calendar "${calendar.id}" has no working hours` };
  if (durationMs === 0 && isWorkingAt(hours, startMs - 1)) return moment(startMs);

  let remaining = durationMs;
  let now = startMs;
  const limit = startMs + SEARCH_DAYS * DAY_MS;
  while (now < limit) {
    const { offsetMs, endMs } = hours.zone.spanAt(now);
    const spanEnd = endMs + offsetMs;
    // Within a span local time runs evenly, so it is walked in local time, day by day.
    let local = now + offsetMs;
    while (local < spanEnd) {
      const day = Math.floor(local / DAY_MS);
      const midnight = day * DAY_MS;
      for (const [opens, closes] of hoursOf(hours, day)) {
        const begin = Math.max(local, midnight + opens);
        const end = Math.min(spanEnd, midnight + closes);
        if (begin >= end) continue;
        if (remaining <= end - begin) return moment(begin + remaining - offsetMs);
        remaining -= end - begin;
      }
      local = midnight + DAY_MS;
    }
    now = endMs;
  }
  return {
    ok: false,
    problem: `calendar "${calendar.id}" does not have that much working time within ten years`,
  };
}

function moment(ms: number): Resolution {
  const at = instantFromMs(ms);
  return at === null ? { ok: false, problem: 'due would lie outside 1970–9999' } : { ok: true, at };
}

function isWorkingAt(hours: CompiledCalendar, ms: number): boolean {
  const local = ms + hours.zone.spanAt(ms).offsetMs;
  const day = Math.floor(local / DAY_MS);
  const time = local - day * DAY_MS;
  return hoursOf(hours, day).some(([opens, closes]) => time >= opens && time < closes);
}

function hoursOf(hours: CompiledCalendar, day: number): DayHours {
  // 1970-01-01 was a Thursday.
  const weekday = (((day + 3) % 7) + 7) % 7;
  const dayBefore = hours.holidays.has(day - 1) ? 2 : 0;
  return hours.days[weekday * 4 + dayBefore + (hours.holidays.has(day) ? 1 : 0)]!;
}

/** A calendar is compiled once for each object: change it by making a new one. */
function compile(calendar: Calendar): CompiledCalendar {
  let result = compiled.get(calendar);
  if (result) return result;
  const starting = WEEKDAYS.map((day) => (calendar.hours[day] ?? []).map(millisecondsOf));
  const days: DayHours[] = [];
  for (let weekday = 0; weekday < 7; weekday++) {
    for (const holidays of [0, 1, 2, 3]) {
      const own = holidays & 1 ? [] : starting[weekday]!;
      const overnight = holidays & 2 ? [] : starting[(weekday + 6) % 7]!;
      days.push(merged([...overnight.map(([from, to]) => [from - DAY_MS, to - DAY_MS] as const), ...own]));
    }
  }
  result = {
    zone: TimeZone.named(calendar.timezone),
    holidays: new Set((calendar.holidays ?? []).map((date) => epochDayOf(date)!)),
    days,
    isEmpty: starting.every((intervals) => intervals.length === 0),
  };
  compiled.set(calendar, result);
  return result;
}

/** `["22:00", "06:00"]` becomes 22 to 30 hours after midnight. */
function millisecondsOf([from, to]: [string, string]): readonly [number, number] {
  const opens = minutesOf(from);
  const closes = minutesOf(to);
  if (opens === null || closes === null) throw new RangeError(`not an interval: ${from}–${to}`);
  return [opens * MINUTE_MS, (closes > opens ? closes : closes + 1440) * MINUTE_MS];
}

/** What of the intervals falls into the day itself, sorted, with overlapping and touching ones made one. */
function merged(intervals: (readonly [number, number])[]): DayHours {
  const result: [number, number][] = [];
  const clipped = intervals.map(([from, to]) => [Math.max(from, 0), Math.min(to, DAY_MS)] as const);
  for (const [from, to] of clipped.filter(([from, to]) => from < to).sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}
