import { checkWorkforce } from './workforce.file';

const calendar = {
  id: 'office',
  timezone: 'Europe/Berlin',
  hours: { mon: [['09:00', '17:00']] },
  holidays: [],
};
const team = { id: 'bookings', name: 'Bookings', calendar: 'office' };
const agent = { id: 'dana', name: 'Dana', availability: 'available', teams: ['bookings'] };

describe('checkWorkforce', () => {
  test('given all four sections, then calendars come before teams before agents before policies', () => {
    const items = checkWorkforce({
      policies: [{ id: 'default' }],
      agents: [agent],
      teams: [team],
      calendars: [calendar],
    });
    expect(items.map(({ kind, type, data }) => [kind, type, data.id])).toEqual([
      ['calendar', 'workforce.calendar.v1', 'office'],
      ['team', 'workforce.team.v1', 'bookings'],
      ['agent', 'workforce.agent.v1', 'dana'],
      ['policy', 'workforce.policy.v1', 'default'],
    ]);
  });

  test.each([
    [
      { agents: [agent, { ...agent, id: 'eli', availability: 'asleep' }] },
      'agents[1].availability must be one of',
    ],
    [{ teams: [{ id: 'x' }] }, 'teams[0].name is required'],
    [{ calendars: [{ ...calendar, timezone: 'Mars/Olympus' }] }, 'calendars[0].timezone'],
    [{ calendars: [{ ...calendar, hours: { mon: [['09:00', '09:00']] } }] }, 'calendars[0].hours.mon[0]'],
    [{ agents: [agent, agent] }, 'agents[1].id is there twice: dana'],
    [{ agents: {} }, 'agents: must be a list'],
    [{ agnets: [] }, 'agnets: is not known'],
    [{ agents: [null] }, 'agents[0] must be an object'],
    [[], 'it must be an object'],
  ])('given %j, then nothing is published and the field is named', (content, words) => {
    expect(() => checkWorkforce(content)).toThrow(words);
  });
});
