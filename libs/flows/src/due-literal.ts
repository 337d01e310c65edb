import { type DueLiteral } from './flow-definition';
import { checkId, isRecord, shown } from './json-shape';

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,12})?(?:Z|[+-]\d{2}:\d{2})$/;
const DURATION =
  /^P(?=.)(?:\d{1,9}Y)?(?:\d{1,9}M)?(?:\d{1,9}(?:[.,]\d{1,9})?W)?(?:\d{1,9}(?:[.,]\d{1,9})?D)?(?:T(?=.)(?:\d{1,9}(?:[.,]\d{1,9})?H)?(?:\d{1,9}(?:[.,]\d{1,9})?M)?(?:\d{1,9}(?:[.,]\d{1,9})?S)?)?$/;

/** Whether text is RFC 3339 with a date that exists (`Date` turns 30 February into 2 March). */
export function isRfc3339(text: string): boolean {
  const match = RFC3339.exec(text);
  if (!match) return false;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate() && !Number.isNaN(Date.parse(text));
}

/**
 * Reads a `due` value: one written in a flow, or one an expression gave. Whether the calendar exists and the
 * moment can be reached is for whoever resolves it.
 */
export function readDue(value: unknown): { ok: true; value: DueLiteral } | { ok: false; problem: string } {
  if (!isRecord(value)) return no(`must be {"at"} or {"in", "calendar"?}, got ${shown(value)}`);
  const unknown = Object.keys(value).find((key) => !['at', 'in', 'calendar'].includes(key));
  if (unknown !== undefined) return no(`has an unknown field ${shown(unknown)}; known are at, in, calendar`);
  const { at, in: duration, calendar } = value;
  if ('at' in value === 'in' in value) return no('must have exactly one of "at" and "in"');
  if ('at' in value) {
    if (calendar !== undefined) return no('"calendar" goes with "in" only');
    if (typeof at !== 'string' || !isRfc3339(at))
      return no(`"at" must be an RFC 3339 time with a real date, got ${shown(at)}`);
    return { ok: true, value: { at } };
  }
  if (typeof duration !== 'string' || !DURATION.test(duration)) {
    return no(`"in" must be an ISO 8601 duration of zero or more such as "PT4H", got ${shown(duration)}`);
  }
  if (calendar === undefined) return { ok: true, value: { in: duration } };
  const problem = checkId(calendar);
  if (problem !== null) return no(`"calendar" ${problem}`);
  if (!duration.startsWith('PT')) {
    return no(
      `"in" may have only hours, minutes and seconds when it is working time, got ${shown(duration)}`,
    );
  }
  return { ok: true, value: { in: duration, calendar: calendar as string } };
}

function no(problem: string): { ok: false; problem: string } {
  return { ok: false, problem };
}
