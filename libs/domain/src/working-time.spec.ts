import * as fc from 'fast-check';
import { type Calendar, WEEKDAYS } from './calendar';
import { addWorkingTime } from './working-time';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Hours = Calendar['hours'];
const calendar = (timezone: string, hours: Hours, holidays: string[] = []): Calendar => ({
  id: 'c',
  timezone,
  hours,
  holidays,
});
const everyDay = (...intervals: [string, string][]): Hours =>
  Object.fromEntries(WEEKDAYS.map((day) => [day, intervals]));

const twoShifts: [string, string][] = [
  ['09:00', '12:00'],
  ['13:00', '17:00'],
];
/** New York, Monday to Thursday 9–12 and 13–17, Friday to 15; Monday 4 March 2019 is off. EST is UTC−5. */
const office = calendar(
  'America/New_York',
  {
    mon: twoShifts,
    tue: twoShifts,
    wed: twoShifts,
    thu: twoShifts,
    fri: [
      ['09:00', '12:00'],
      ['13:00', '15:00'],
    ],
  },
  ['2019-03-04'],
);
const nights = { mon: [['22:00', '06:00']], tue: [['22:00', '06:00']], sat: [['22:00', '06:00']] } as Hours;
const sundays = (...intervals: [string, string][]): Hours => ({ sun: intervals });

/** Worked out by hand; the reasoning is each line's name. New York 2019: EDT (−4) from 10 March to 3 November. */
const TABLE: [why: string, calendar: Calendar, from: string, durationMs: number, at: string][] = [
  [
    'within an interval: 10:00 EST + 1 h',
    office,
    '2019-03-01T15:00:00.000Z',
    HOUR,
    '2019-03-01T16:00:00.000Z',
  ],
  [
    'up at the end: 10:00 + 2 h is 12:00, not 13:00',
    office,
    '2019-03-01T15:00:00.000Z',
    2 * HOUR,
    '2019-03-01T17:00:00.000Z',
  ],
  [
    'over the break: a minute more is 13:01',
    office,
    '2019-03-01T15:00:00.000Z',
    2 * HOUR + MINUTE,
    '2019-03-01T18:01:00.000Z',
  ],
  ['milliseconds count', office, '2019-03-01T16:59:59.999Z', 2, '2019-03-01T18:00:00.001Z'],
  [
    'Friday 14:00, an hour till 15:00, weekend, Monday off: Tuesday 10:00',
    office,
    '2019-03-01T19:00:00.000Z',
    2 * HOUR,
    '2019-03-05T15:00:00.000Z',
  ],
  [
    'before opening: 06:00 EST counts from 09:00',
    office,
    '2019-03-01T11:00:00.000Z',
    HOUR,
    '2019-03-01T15:00:00.000Z',
  ],
  ['zero on Saturday: Tuesday 09:00', office, '2019-03-02T12:00:00.000Z', 0, '2019-03-05T14:00:00.000Z'],
  ['zero in the break: 13:00', office, '2019-03-01T17:30:00.000Z', 0, '2019-03-01T18:00:00.000Z'],
  ['zero within hours: no change', office, '2019-03-01T15:30:00.000Z', 0, '2019-03-01T15:30:00.000Z'],
  [
    'zero at closing time: it still belongs',
    office,
    '2019-03-01T17:00:00.000Z',
    0,
    '2019-03-01T17:00:00.000Z',
  ],
  ['zero at opening time', office, '2019-03-01T18:00:00.000Z', 0, '2019-03-01T18:00:00.000Z'],
  [
    'a week: Thursday 09:00 EST, 7 + 5 (Fri) + 0 (Mon off) + 7 (Tue) + 7 (Wed) + 7 (Thu) + 5 = 38 h: Friday 15:00',
    office,
    '2019-02-28T14:00:00.000Z',
    38 * HOUR,
    '2019-03-08T20:00:00.000Z',
  ],
  [
    'Friday 14:30 EST, half an hour, then Monday 09:30 in EDT',
    office,
    '2019-03-08T19:30:00.000Z',
    HOUR,
    '2019-03-11T13:30:00.000Z',
  ],
  [
    'Friday 14:30 EDT, half an hour, then Monday 09:30 in EST',
    office,
    '2019-11-01T18:30:00.000Z',
    HOUR,
    '2019-11-04T14:30:00.000Z',
  ],
  [
    'New York springs forward: that Sunday has 23 hours',
    calendar('America/New_York', sundays(['00:00', '24:00'])),
    '2019-03-10T05:00:00.000Z',
    23 * HOUR,
    '2019-03-11T04:00:00.000Z',
  ],
  [
    'New York falls back: that Sunday has 25 hours',
    calendar('America/New_York', sundays(['00:00', '24:00'])),
    '2019-11-03T04:00:00.000Z',
    25 * HOUR,
    '2019-11-04T05:00:00.000Z',
  ],
  [
    'Berlin springs forward: 23 hours from 30 March 23:00Z',
    calendar('Europe/Berlin', sundays(['00:00', '24:00'])),
    '2019-03-30T23:00:00.000Z',
    23 * HOUR,
    '2019-03-31T22:00:00.000Z',
  ],
  [
    'Berlin falls back: 25 hours from 26 October 22:00Z',
    calendar('Europe/Berlin', sundays(['00:00', '24:00'])),
    '2019-10-26T22:00:00.000Z',
    25 * HOUR,
    '2019-10-27T23:00:00.000Z',
  ],
  [
    'Lord Howe falls back by half an hour: 24.5 hours from 00:00 +11',
    calendar('Australia/Lord_Howe', sundays(['00:00', '24:00'])),
    '2019-04-06T13:00:00.000Z',
    24.5 * HOUR,
    '2019-04-07T13:30:00.000Z',
  ],
  [
    'Lord Howe springs forward by half an hour: 23.5 hours from 00:00 +10:30',
    calendar('Australia/Lord_Howe', sundays(['00:00', '24:00'])),
    '2019-10-05T13:30:00.000Z',
    23.5 * HOUR,
    '2019-10-06T13:00:00.000Z',
  ],
  [
    '02:00–03:00 does not exist on 10 March: 02:30 a week later (EDT)',
    calendar('America/New_York', sundays(['02:00', '03:00'])),
    '2019-03-10T00:00:00.000Z',
    HOUR / 2,
    '2019-03-17T06:30:00.000Z',
  ],
  [
    '01:30–03:30 loses its middle: 30 min to 02:00 EST = 03:00 EDT, then 15 more',
    calendar('America/New_York', sundays(['01:30', '03:30'])),
    '2019-03-10T06:30:00.000Z',
    45 * MINUTE,
    '2019-03-10T07:15:00.000Z',
  ],
  [
    '01:00–02:00 comes twice on 3 November: 90 min from 05:00Z',
    calendar('America/New_York', sundays(['01:00', '02:00'])),
    '2019-11-03T05:00:00.000Z',
    90 * MINUTE,
    '2019-11-03T06:30:00.000Z',
  ],
  [
    '00:30–01:30: an hour in EDT (to 05:30Z), then 01:00–01:30 again in EST (from 06:00Z)',
    calendar('America/New_York', sundays(['00:30', '01:30'])),
    '2019-11-03T04:30:00.000Z',
    75 * MINUTE,
    '2019-11-03T06:15:00.000Z',
  ],
  [
    'overnight into the next day: Monday 23:00 + 7 h',
    calendar('UTC', nights),
    '2019-03-04T23:00:00.000Z',
    7 * HOUR,
    '2019-03-05T06:00:00.000Z',
  ],
  [
    'overnight, from the small hours: Tuesday 05:00 has one hour, then 22:00',
    calendar('UTC', nights),
    '2019-03-05T05:00:00.000Z',
    2 * HOUR,
    '2019-03-05T23:00:00.000Z',
  ],
  [
    'overnight over the spring change: Saturday 22:00 EST to 06:00 EDT is 7 h',
    calendar('America/New_York', nights),
    '2019-03-10T03:00:00.000Z',
    7 * HOUR,
    '2019-03-10T10:00:00.000Z',
  ],
  [
    'overnight over the autumn change: Saturday 22:00 EDT to 06:00 EST is 9 h',
    calendar('America/New_York', nights),
    '2019-11-03T02:00:00.000Z',
    9 * HOUR,
    '2019-11-03T11:00:00.000Z',
  ],
  [
    "a holiday's own night is off, also after midnight: Monday 23:00 waits for Tuesday 22:00",
    calendar('UTC', nights, ['2019-03-04']),
    '2019-03-04T23:00:00.000Z',
    HOUR,
    '2019-03-05T23:00:00.000Z',
  ],
  [
    'a night that runs into a holiday goes on: it belongs to Monday',
    calendar('UTC', nights, ['2019-03-05']),
    '2019-03-04T23:00:00.000Z',
    7 * HOUR,
    '2019-03-05T06:00:00.000Z',
  ],
  [
    'the night of Sunday to Monday: the week goes round',
    calendar('UTC', sundays(['22:00', '02:00'])),
    '2019-03-04T01:00:00.000Z',
    HOUR,
    '2019-03-04T02:00:00.000Z',
  ],
  [
    'until 00:00 is until midnight',
    calendar('UTC', everyDay(['18:00', '00:00'])),
    '2019-03-01T18:00:00.000Z',
    7 * HOUR,
    '2019-03-02T19:00:00.000Z',
  ],
  [
    'around the clock: no seam at midnight',
    calendar('UTC', everyDay(['00:00', '24:00'])),
    '2019-03-01T18:00:00.000Z',
    100 * HOUR,
    '2019-03-05T22:00:00.000Z',
  ],
  [
    'unsorted, overlapping and contained intervals are one: 09–17',
    calendar('UTC', everyDay(['13:00', '17:00'], ['09:00', '14:00'], ['16:00', '16:30'])),
    '2019-03-01T09:00:00.000Z',
    9 * HOUR,
    '2019-03-02T10:00:00.000Z',
  ],
  [
    'a night that overlaps the next morning counts once: 22–06 and 04–08',
    calendar('UTC', everyDay(['22:00', '06:00'], ['04:00', '08:00'])),
    '2019-03-01T22:00:00.000Z',
    11 * HOUR,
    '2019-03-02T23:00:00.000Z',
  ],
  [
    '29 February is a day: 28th 16:00 + 2 h, open till 17:00',
    calendar('UTC', everyDay(['09:00', '17:00'])),
    '2024-02-28T16:00:00.000Z',
    2 * HOUR,
    '2024-02-29T10:00:00.000Z',
  ],
  [
    'no 29 February in 2019',
    calendar('UTC', everyDay(['09:00', '17:00'])),
    '2019-02-28T16:00:00.000Z',
    2 * HOUR,
    '2019-03-01T10:00:00.000Z',
  ],
  [
    'over the year, New Year off',
    calendar('UTC', everyDay(['09:00', '17:00']), ['2020-01-01']),
    '2019-12-31T16:30:00.000Z',
    HOUR,
    '2020-01-02T09:30:00.000Z',
  ],
  [
    'the holiday is the local one: 31 December 20:00Z is 1 January in Auckland',
    calendar('Pacific/Auckland', everyDay(['09:00', '17:00']), ['2020-01-01']),
    '2019-12-31T20:00:00.000Z',
    HOUR,
    '2020-01-01T21:00:00.000Z',
  ],
  [
    'Samoa had no 30 December 2011: 09–17 on the 29th (UTC−10), then the 31st (UTC+14)',
    calendar('Pacific/Apia', everyDay(['09:00', '17:00'])),
    '2011-12-30T02:00:00.000Z',
    2 * HOUR,
    '2011-12-30T20:00:00.000Z',
  ],
  [
    'five years: 10,400 h are 260 weeks of 40 h, from a Monday 09:00 to the Friday of the 260th week 17:00',
    calendar('UTC', {
      mon: [['09:00', '17:00']],
      tue: [['09:00', '17:00']],
      wed: [['09:00', '17:00']],
      thu: [['09:00', '17:00']],
      fri: [['09:00', '17:00']],
    }),
    '2019-03-04T09:00:00.000Z',
    10_400 * HOUR,
    '2024-02-23T17:00:00.000Z',
  ],
];

describe('addWorkingTime', () => {
  it.each(TABLE)('%s', (_, hours, from, durationMs, at) => {
    expect(addWorkingTime(from, durationMs, hours)).toEqual({ ok: true, at });
  });

  describe('says so when there is no such moment', () => {
    const from = '2019-03-01T00:00:00.000Z';
    it.each([
      ['no hours', calendar('UTC', {}), HOUR, 'calendar "c" has no working hours'],
      [
        'no hours, and nothing to count',
        calendar('UTC', { mon: [] }),
        0,
        'calendar "c" has no working hours',
      ],
      [
        'hours in a gap of the week only, too few',
        calendar('UTC', sundays(['09:00', '09:01'])),
        10 * HOUR,
        'calendar "c" does not have that much working time within ten years',
      ],
      [
        'more than ten years of work',
        calendar('UTC', everyDay(['00:00', '24:00'])),
        3_654 * 24 * HOUR,
        'calendar "c" does not have that much working time within ten years',
      ],
      [
        'an absurd duration',
        office,
        1e15,
        'calendar "c" does not have that much working time within ten years',
      ],
    ])('%s', (_, hours, durationMs, problem) => {
      expect(addWorkingTime(from, durationMs, hours)).toEqual({ ok: false, problem });
    });

    it('beyond the year 9999', () => {
      const result = addWorkingTime(
        '9999-12-31T16:00:00.000Z',
        2 * HOUR,
        calendar('UTC', everyDay(['09:00', '17:00'])),
      );
      expect(result).toEqual({ ok: false, problem: expect.stringContaining('outside 1970–9999') });
    });
  });

  it.each([-1, NaN])('throws on a duration of %p ms', (durationMs) => {
    expect(() => addWorkingTime('2019-03-01T00:00:00.000Z', durationMs, office)).toThrow(RangeError);
  });

  describe('for any calendar, zone and moment around its changes of the clock', () => {
    it('agrees with counting minute by minute what the clock on the wall shows', () => {
      fc.assert(
        fc.property(calendars, moments, fc.integer({ min: 0, max: 1_500 }), (hours, from, minutes) => {
          const expected = byCountingMinutes(hours, from, minutes);
          fc.pre(expected !== null);
          expect(addWorkingTime(from, minutes * MINUTE, hours)).toEqual({ ok: true, at: expected });
        }),
        { numRuns: 300 },
      );
    });

    it('never ends outside working hours', () => {
      fc.assert(
        fc.property(calendars, moments, durations, (hours, from, duration) => {
          const at = moment(hours, from, duration);
          const minute = Math.floor(Date.parse(at) / MINUTE) * MINUTE;
          const before = Math.ceil(Date.parse(at) / MINUTE - 1) * MINUTE;
          expect(isWorking(hours, minute) || isWorking(hours, before)).toBe(true);
        }),
      );
    });

    it('adds up: a then b is a + b', () => {
      fc.assert(
        fc.property(calendars, moments, durations, durations, (hours, from, a, b) => {
          expect(moment(hours, moment(hours, from, a), b)).toBe(moment(hours, from, a + b));
        }),
      );
    });

    it('never goes back: later from, or longer, is never earlier', () => {
      fc.assert(
        fc.property(calendars, moments, durations, durations, (hours, from, a, b) => {
          const later = new Date(Date.parse(from) + b).toISOString();
          expect(moment(hours, from, a + b) >= moment(hours, from, a)).toBe(true);
          expect(moment(hours, later, a) >= moment(hours, from, a)).toBe(true);
        }),
      );
    });
  });
});

function moment(hours: Calendar, from: string, durationMs: number): string {
  const result = addWorkingTime(from, durationMs, hours);
  if (!result.ok) throw new Error(result.problem);
  return result.at;
}

const clock = fc
  .integer({ min: 0, max: 95 })
  .map(
    (quarter) => `${String(quarter >> 2).padStart(2, '0')}:${String((quarter & 3) * 15).padStart(2, '0')}`,
  );
const interval = fc.tuple(clock, fc.oneof(clock, fc.constant('24:00'))).filter(([from, to]) => from !== to);
const day = fc.array(interval, { maxLength: 3 });
const dates = [
  '2019-03-09',
  '2019-03-10',
  '2019-03-11',
  '2019-03-31',
  '2019-10-27',
  '2019-11-03',
  '2019-04-07',
];
const calendars: fc.Arbitrary<Calendar> = fc.record({
  id: fc.constant('c'),
  timezone: fc.constantFrom(
    'America/New_York',
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'America/Havana',
    'UTC',
  ),
  hours: fc.record({
    // Never empty: every property is about a moment that exists.
    mon: fc.array(interval, { minLength: 1, maxLength: 3 }),
    ...{ tue: day, wed: day, thu: day, fri: day, sat: day, sun: day },
  }),
  holidays: fc.subarray(dates),
});
/** Up to two days before or after a change of the clock in one of the zones. Havana's is at midnight. */
const changes = [
  '2019-03-10T07:00Z',
  '2019-11-03T06:00Z',
  '2019-03-31T01:00Z',
  '2019-10-27T01:00Z',
  '2019-04-06T15:00Z',
  '2019-10-05T15:30Z',
  '2019-03-10T05:00Z',
  '2019-11-03T05:00Z',
];
const moments = fc
  .tuple(fc.constantFrom(...changes), fc.integer({ min: -2_880, max: 2_880 }))
  .map(([change, minutes]) => new Date(Date.parse(change) + minutes * MINUTE).toISOString());
const durations = fc.oneof(
  fc.integer({ min: 0, max: 40 * HOUR }),
  fc.integer({ min: 0, max: 160 }).map((quarters) => quarters * 15 * MINUTE),
);

/** The slow and simple way, with nothing of the code under test: look at the wall once a minute, for up to ten days. */
function byCountingMinutes(hours: Calendar, from: string, minutes: number): string | null {
  let now = Date.parse(from);
  const limit = now + 14_400 * MINUTE;
  if (minutes === 0 && isWorking(hours, now - MINUTE)) return from;
  for (let left = minutes; now < limit; now += MINUTE) {
    if (!isWorking(hours, now)) continue;
    if (left === 0) return new Date(now).toISOString();
    left -= 1;
    if (left === 0) return new Date(now + MINUTE).toISOString();
  }
  return null;
}

const walls = new Map<string, Intl.DateTimeFormat>();

function isWorking(hours: Calendar, ms: number): boolean {
  let wall = walls.get(hours.timezone);
  if (!wall) {
    // Swedish writes 2019-03-10 01:30.
    wall = new Intl.DateTimeFormat('sv-SE', {
      timeZone: hours.timezone,
      dateStyle: 'short',
      timeStyle: 'short',
    });
    walls.set(hours.timezone, wall);
  }
  const [date, time] = wall.format(ms).split(' ') as [string, string];
  const dayBefore = new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
  const today = intervalsOf(hours, date).some(([from, to]) => time >= from && (time < to || to <= from));
  return today || intervalsOf(hours, dayBefore).some(([from, to]) => to <= from && time < to);
}

function intervalsOf(hours: Calendar, date: string): [string, string][] {
  if (hours.holidays.includes(date)) return [];
  return hours.hours[WEEKDAYS[(new Date(date).getUTCDay() + 6) % 7]!] ?? [];
}
