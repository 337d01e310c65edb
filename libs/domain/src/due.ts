import { type WorkingDue } from './activity';
import { type Calendar } from './calendar';
import { type Due } from './command';
import { instantFromMs, msFromRfc3339 } from './instant';
import { addIsoDuration, parseIsoDuration } from './iso-duration';
import { type Instant } from './vocabulary';
import { addWorkingTime } from './working-time';

/** The moment, and where a calendar gave it, how; or what is wrong. */
export type DueResolution = { ok: true; at: Instant; by?: WorkingDue } | { ok: false; problem: string };

const OUTSIDE = 'due would lie outside 1970–9999';

/**
 * The moment a `due` means, counted from `from` (the event's time, never the wall clock).
 *
 * `{at}` is that moment. `{in}` is an ISO 8601 duration after `from` in UTC's calendar: P1D is 24 hours, and
 * P1M after 31 January is the last day of February. `{in, calendar}` counts that calendar's working time, and
 * there only hours, minutes and seconds are allowed: a working day, week or month has no length of its own.
 * A due date in the past is allowed.
 *
 * @param calendars the tenant's calendar of an id, if there is one
 * @returns the moment in milliseconds, or a sentence that says what is wrong
 */
export function resolveDue(
  due: Due,
  from: Instant,
  calendars: (id: string) => Calendar | undefined,
): DueResolution {
  if ('at' in due) {
    const ms = msFromRfc3339(due.at);
    if (ms === null)
      return problem(`due.at is not an RFC 3339 time with a real date in 1970–9999: "${cut(due.at)}"`);
    return { ok: true, at: instantFromMs(ms)! };
  }
  const duration = parseIsoDuration(due.in);
  if (!duration) return problem(`due.in is not an ISO 8601 duration of zero or more: "${cut(due.in)}"`);
  if (due.calendar == null) {
    const at = instantFromMs(addIsoDuration(Date.parse(from), duration));
    return at === null ? problem(OUTSIDE) : { ok: true, at };
  }
  if (duration.hasDateParts) {
    return problem(
      `due.in may have only hours, minutes and seconds when it is working time: "${cut(due.in)}"`,
    );
  }
  const calendar = calendars(due.calendar);
  if (!calendar) return problem(`no such calendar: "${cut(due.calendar)}"`);
  const resolution = addWorkingTime(from, duration.timeMs, calendar);
  return resolution.ok ? { ...resolution, by: { in: due.in, calendar: due.calendar, from } } : resolution;
}

function problem(text: string): DueResolution {
  return { ok: false, problem: text };
}

function cut(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
