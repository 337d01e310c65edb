import * as fc from 'fast-check';
import { IANAZone } from 'luxon';
import { TimeZone } from './time-zone';

const NAMES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Africa/Casablanca',
  'Africa/Monrovia',
  'America/Havana',
  'Pacific/Apia',
  'Asia/Gaza',
];

describe('TimeZone', () => {
  it("gives luxon's offset at any moment, and ends a span where the offset changes", () => {
    const moments = fc.integer({ min: 0, max: Date.UTC(2037, 0, 1) });
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), moments, (name, ms) => {
        const { offsetMs, endMs } = TimeZone.named(name).spanAt(ms);
        const luxon = IANAZone.create(name);
        expect(endMs).toBeGreaterThan(ms);
        // luxon gives minutes, cut for Monrovia's seconds (until 1972).
        expect(Math.abs(offsetMs / 60_000 - luxon.offset(ms))).toBeLessThan(1);
        expect(Math.abs(offsetMs / 60_000 - luxon.offset(endMs - 1))).toBeLessThan(1);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['America/New_York', '2019-03-10T07:00:00Z', -5, -4],
    ['America/New_York', '2019-11-03T06:00:00Z', -4, -5],
    ['Europe/Berlin', '2019-03-31T01:00:00Z', 1, 2],
    ['Europe/Berlin', '2019-10-27T01:00:00Z', 2, 1],
    ['Australia/Lord_Howe', '2019-04-06T15:00:00Z', 11, 10.5],
    ['Australia/Lord_Howe', '2019-10-05T15:30:00Z', 10.5, 11],
    // Samoa left out 30 December 2011 by crossing the date line.
    ['Pacific/Apia', '2011-12-30T10:00:00Z', -10, 14],
  ])('finds the change in %s at %s to the millisecond', (name, at, before, after) => {
    const ms = Date.parse(at);
    const zone = TimeZone.named(name);
    expect(zone.spanAt(ms - 1)).toEqual({ offsetMs: before * 3_600_000, endMs: ms });
    expect(zone.spanAt(ms).offsetMs).toBe(after * 3_600_000);
  });
});
