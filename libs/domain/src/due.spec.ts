import { type Calendar } from './calendar';
import { type Due } from './command';
import { resolveDue } from './due';

const support: Calendar = {
  id: 'support',
  timezone: 'UTC',
  hours: { fri: [['06:00', '22:00']] },
  holidays: [],
};
const resolve = (due: Due, from = '2019-03-01T04:04:57.172Z') =>
  resolveDue(due, from, (id) => (id === 'support' ? support : undefined));

describe('resolveDue', () => {
  it.each<[Due, string, string]>([
    [{ at: '2019-03-02T10:00:00+02:00' }, '2019-03-01T00:00:00.000Z', '2019-03-02T08:00:00.000Z'],
    [{ at: '2018-01-01T00:00:00Z' }, '2019-03-01T00:00:00.000Z', '2018-01-01T00:00:00.000Z'],
    [{ in: 'PT4H' }, '2019-03-01T00:04:57.172Z', '2019-03-01T04:04:57.172Z'],
    [{ in: 'P1D' }, '2019-03-09T12:00:00.000Z', '2019-03-10T12:00:00.000Z'],
    [{ in: 'P1W' }, '2019-02-25T12:00:00.000Z', '2019-03-04T12:00:00.000Z'],
    [{ in: 'P2W3DT1H' }, '2019-02-01T00:00:00.000Z', '2019-02-18T01:00:00.000Z'],
    [{ in: 'P1M' }, '2019-01-31T10:00:00.000Z', '2019-02-28T10:00:00.000Z'],
    [{ in: 'P1M' }, '2024-01-31T10:00:00.000Z', '2024-02-29T10:00:00.000Z'],
    [{ in: 'P1Y' }, '2024-02-29T10:00:00.000Z', '2025-02-28T10:00:00.000Z'],
    [{ in: 'P11M1D' }, '2019-03-31T00:00:00.000Z', '2020-03-01T00:00:00.000Z'],
    [{ in: 'P1Y2M3DT4H5M6.5S' }, '2019-01-01T00:00:00.000Z', '2020-03-04T04:05:06.500Z'],
    [{ in: 'PT1.5H' }, '2019-01-01T00:00:00.000Z', '2019-01-01T01:30:00.000Z'],
    [{ in: 'PT0,5M' }, '2019-01-01T00:00:00.000Z', '2019-01-01T00:00:30.000Z'],
    [{ in: 'PT0.1S' }, '2019-01-01T00:00:00.000Z', '2019-01-01T00:00:00.100Z'],
    [{ in: 'PT1.0019S' }, '2019-01-01T00:00:00.000Z', '2019-01-01T00:00:01.001Z'],
    [{ in: 'PT0S' }, '2019-01-01T00:00:00.000Z', '2019-01-01T00:00:00.000Z'],
    [{ in: 'PT8H', calendar: 'support' }, '2019-03-01T04:00:00.000Z', '2019-03-01T14:00:00.000Z'],
    [{ in: 'PT0.5H', calendar: 'support' }, '2019-03-01T04:00:00.000Z', '2019-03-01T06:30:00.000Z'],
  ])('%j after %s is %s', (due, from, at) => {
    const by = 'calendar' in due ? { by: { ...due, from } } : {};
    expect(resolve(due, from)).toEqual({ ok: true, at, ...by });
  });

  it.each<[Due, RegExp]>([
    [{ at: '2019-02-30T00:00:00Z' }, /not an RFC 3339 time.*2019-02-30/],
    [{ at: '2019-03-01' }, /RFC 3339/],
    [{ at: '1969-12-31T23:59:59Z' }, /1970–9999/],
    [{ in: '-PT1H' }, /not an ISO 8601 duration/],
    [{ in: 'PT-1H' }, /not an ISO 8601 duration/],
    [{ in: 'P' }, /not an ISO 8601 duration/],
    [{ in: 'PT' }, /not an ISO 8601 duration/],
    [{ in: 'P1DT' }, /not an ISO 8601 duration/],
    [{ in: '' }, /not an ISO 8601 duration/],
    [{ in: 'PT1.5H30M' }, /not an ISO 8601 duration/],
    [{ in: 'P0.5Y' }, /not an ISO 8601 duration/],
    [{ in: '4h' }, /not an ISO 8601 duration/],
    [{ in: 'PT1H ' }, /not an ISO 8601 duration/],
    [{ in: 'P9000Y' }, /outside 1970–9999/],
    [{ in: 'P999999999Y' }, /outside 1970–9999/],
    [{ in: 'P999999999D' }, /outside 1970–9999/],
    [{ in: 'P999999999W' }, /outside 1970–9999/],
    [{ in: 'PT1H', calendar: 'nights' }, /no such calendar: "nights"/],
    [{ in: 'P1D', calendar: 'support' }, /only hours, minutes and seconds/],
    [{ in: 'P0DT1H', calendar: 'support' }, /only hours, minutes and seconds/],
    [{ in: 'P1M', calendar: 'support' }, /only hours, minutes and seconds/],
    [{ in: 'PT999999999H', calendar: 'support' }, /within ten years/],
  ])('says what is wrong with %j', (due, problem) => {
    expect(resolve(due)).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });
});
