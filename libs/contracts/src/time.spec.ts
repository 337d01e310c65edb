import fc from 'fast-check';
import { isCalendarDate, isDuration, isLocalTime, isTimeZone, toInstant } from './time';

describe('toInstant', () => {
  it.each([
    ['2019-03-01T04:04:57.172Z', '2019-03-01T04:04:57.172Z'],
    ['2019-03-01T04:04:57Z', '2019-03-01T04:04:57.000Z'],
    ['2019-03-01t04:04:57.1z', '2019-03-01T04:04:57.100Z'],
    ['2019-03-01T04:04:57.1729999Z', '2019-03-01T04:04:57.172Z'],
    ['2019-03-01T00:30:00+01:00', '2019-02-28T23:30:00.000Z'],
    ['2019-12-31T23:30:00-05:30', '2020-01-01T05:00:00.000Z'],
    ['2024-02-29T00:00:00-00:00', '2024-02-29T00:00:00.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.9999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s is %s', (text, instant) => {
    expect(toInstant(text)).toBe(instant);
  });

  it.each([
    ['30 February', '2026-02-30T00:00:00Z'],
    ['29 February of no leap year', '2026-02-29T00:00:00Z'],
    ['29 February 2100', '2100-02-29T00:00:00Z'],
    ['the year 0000', '0000-01-01T00:00:00Z'],
    ['1969', '1969-12-31T23:59:59Z'],
    ['1969 in UTC', '1970-01-01T00:00:00+00:01'],
    ['10000 in UTC', '9999-12-31T23:59:59-00:01'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['day 0', '2026-01-00T00:00:00Z'],
    ['hour 24', '2026-01-01T24:00:00Z'],
    ['minute 60', '2026-01-01T00:60:00Z'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['an offset of 24 hours', '2026-01-01T00:00:00+24:00'],
    ['no offset', '2026-01-01T00:00:00'],
    ['a space for the T', '2026-01-01 00:00:00Z'],
    ['no seconds', '2026-01-01T00:00Z'],
    ['a bare fraction', '2026-01-01T00:00:00.Z'],
    ['text after it', '2026-01-01T00:00:00Z\n'],
    ['digits of another script', '２０２６-01-01T00:00:00Z'],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(toInstant(text)).toBeUndefined();
  });

  it('is what JavaScript says wherever the date is real', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 86_400_000, max: 253402300799999 - 86_400_000 }),
        fc.integer({ min: -1439, max: 1439 }),
        (moment, offset) => {
          const local = new Date(moment + offset * 60_000).toISOString().slice(0, -1);
          const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((n) =>
            String(n).padStart(2, '0'),
          );
          expect(toInstant(`${local}${offset < 0 ? '-' : '+'}${hours}:${minutes}`)).toBe(
            new Date(moment).toISOString(),
          );
        },
      ),
    );
  });
});

describe('the other forms of time', () => {
  it.each([
    'PT8H',
    'P1D',
    'P2W',
    'P1Y2M3DT4H5M6.789S',
    'PT0S',
    'P1W2D',
    'PT1.5H',
    'P1,5D',
    'P1DT0.5H',
    'PT999999999S',
  ])('%s is a duration', (text) => {
    expect(isDuration(text)).toBe(true);
  });

  it.each([
    '',
    'P',
    'PT',
    'P1DT',
    '8H',
    '-PT8H',
    'PT-8H',
    'P1.5Y',
    'PT1.5H30M',
    'P1.5DT1H',
    'PT8h',
    'P1H',
    'PT1D',
    'PT1000000000S',
    'PT8H ',
  ])('%s is none', (text) => {
    expect(isDuration(text)).toBe(false);
  });

  it('knows days, local times and zones', () => {
    expect(['2026-12-25', '2026-02-30', '2026-2-3', '1969-01-01'].map(isCalendarDate)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(['00:00', '23:59', '24:00', '24:01', '9:00', '12:60'].map(isLocalTime)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(['UTC', 'America/New_York', '+01:00', 'Mars/Base', ''].map(isTimeZone)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
