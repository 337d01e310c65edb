import { checkCalendar } from './calendar';

const good = {
  id: 'office',
  timezone: 'America/New_York',
  hours: {
    mon: [
      ['09:00', '12:00'],
      ['13:00', '17:00'],
    ],
    sat: [['22:00', '06:00']],
    sun: [['00:00', '24:00']],
  },
  holidays: ['2019-03-04', '2024-02-29'],
};

describe('checkCalendar', () => {
  it('finds nothing wrong with breaks, overnight hours, whole days and holidays', () => {
    expect(checkCalendar(good)).toEqual([]);
  });

  it('allows a calendar without hours, and one without holidays', () => {
    expect(checkCalendar({ ...good, hours: {}, holidays: undefined })).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ['a zone that does not exist', { ...good, timezone: 'Europe/Berlon' }, /^timezone: .*"Europe\/Berlon"/],
    ['an offset as a zone', { ...good, timezone: '+01:00' }, /^timezone:/],
    ['no zone', { ...good, timezone: undefined }, /^timezone: .*nothing/],
    ['no hours', { ...good, hours: undefined }, /^hours:/],
    ['a misspelt weekday', { ...good, hours: { monday: [] } }, /^hours\.monday: no such weekday/],
    ['no list', { ...good, hours: { mon: '09:00' } }, /^hours\.mon: must be a list/],
    ['three times', { ...good, hours: { mon: [['09:00', '10:00', '11:00']] } }, /^hours\.mon\[0\]/],
    ['a time without leading zero', { ...good, hours: { mon: [['9:00', '10:00']] } }, /^hours\.mon\[0\]/],
    ['25 o’clock', { ...good, hours: { mon: [['09:00', '25:00']] } }, /^hours\.mon\[0\]/],
    ['24:01', { ...good, hours: { mon: [['09:00', '24:01']] } }, /^hours\.mon\[0\]/],
    [
      '24:00 as a start',
      { ...good, hours: { mon: [['24:00', '06:00']] } },
      /^hours\.mon\[0\]: .*only be an end/,
    ],
    ['an empty interval', { ...good, hours: { mon: [['09:00', '09:00']] } }, /^hours\.mon\[0\]: is empty/],
    ['a day that does not exist', { ...good, holidays: ['2019-02-29'] }, /^holidays\[0\]/],
    ['a holiday with a time', { ...good, holidays: ['2019-03-04T00:00:00Z'] }, /^holidays\[0\]/],
    ['holidays that are no list', { ...good, holidays: '2019-03-04' }, /^holidays:/],
    ['a list', [], /^calendar:/],
    ['null', null, /^calendar:/],
  ])('tells of %s', (_, body, problem) => {
    const problems = checkCalendar(body);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  it('tells of all problems at once', () => {
    expect(checkCalendar({ timezone: 'x', hours: { foo: [] }, holidays: ['x', 'y'] })).toHaveLength(4);
  });
});
