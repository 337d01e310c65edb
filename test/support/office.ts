import { type OutgoingRecord } from '#libs/messaging';

/** A change of the workforce, as any producer would publish it. */
function workforceRecord(
  kind: 'agent' | 'team' | 'calendar',
  data: { id: string } & Record<string, unknown>,
  tenantid = 'acme',
): OutgoingRecord {
  const type = `workforce.${kind}.v1`;
  const time = '2026-01-01T00:00:00Z';
  const value = {
    specversion: '1.0',
    id: `${kind}-${data.id}`,
    source: '/hr',
    type,
    subject: data.id,
    time,
    tenantid,
    data,
  };
  return { topic: 'workforce', key: `${tenantid}/${kind}:${data.id}`, value: JSON.stringify(value) };
}

/** An agent of the team `bookings`. */
export function agent(id: string, tenantid?: string, availability = 'available'): OutgoingRecord {
  const data = { id, name: `Agent ${id}`, availability, roles: ['agent'], teams: ['bookings'] };
  return workforceRecord('agent', data, tenantid);
}

export const BOOKINGS = workforceRecord('team', { id: 'bookings', name: 'Bookings', calendar: 'office' });

/** New York, nine to five, an hour for lunch; closed on Monday, 9 March 2026, the day after the clocks go forward. */
export const OFFICE = workforceRecord('calendar', {
  id: 'office',
  timezone: 'America/New_York',
  hours: Object.fromEntries(
    ['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [
      day,
      [
        ['09:00', '12:00'],
        ['13:00', '17:00'],
      ],
    ]),
  ),
  holidays: ['2026-03-09'],
});
