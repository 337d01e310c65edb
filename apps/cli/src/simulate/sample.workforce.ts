const OFFICE = [
  ['09:00', '12:00'],
  ['13:00', '17:00'],
];
const NIGHT = [['22:00', '06:00']];

/** People, teams and calendars to go with the simulated conversations, as `workforce apply` reads them. */
export const SAMPLE_WORKFORCE = {
  calendars: [
    {
      id: 'office',
      timezone: 'America/New_York',
      hours: {
        mon: OFFICE,
        tue: OFFICE,
        wed: OFFICE,
        thu: OFFICE,
        fri: [
          ['09:00', '12:00'],
          ['13:00', '15:00'],
        ],
      },
      holidays: ['2026-03-17'],
    },
    {
      id: 'support',
      timezone: 'UTC',
      hours: {
        mon: [['06:00', '22:00']],
        tue: [['06:00', '22:00']],
        wed: [['06:00', '22:00']],
        thu: [['06:00', '22:00']],
        fri: [['06:00', '22:00']],
        sat: [['08:00', '18:00']],
        sun: [['08:00', '18:00']],
      },
      holidays: [],
    },
    {
      id: 'night',
      timezone: 'Europe/Berlin',
      hours: { mon: NIGHT, tue: NIGHT, wed: NIGHT, thu: NIGHT, fri: NIGHT, sat: NIGHT, sun: NIGHT },
      holidays: ['2026-03-20'],
    },
  ],
  teams: [
    { id: 'bookings', name: 'Bookings', calendar: 'support' },
    { id: 'hotels', name: 'Hotels', calendar: 'support' },
    { id: 'front-desk', name: 'Front desk', calendar: 'office' },
    { id: 'risk', name: 'Risk', calendar: 'office' },
    { id: 'night-shift', name: 'Night shift', calendar: 'night' },
    { id: 'reception', name: 'Reception', calendar: 'support' },
  ],
  agents: [
    { id: 'dana', name: 'Dana', availability: 'available', roles: ['agent', 'lead'], teams: ['front-desk'] },
    { id: 'eli', name: 'Eli', availability: 'available', teams: ['bookings', 'hotels'] },
    { id: 'fay', name: 'Fay', availability: 'away', teams: ['bookings', 'risk'] },
    { id: 'gus', name: 'Gus', availability: 'available', teams: ['risk'] },
    { id: 'hana', name: 'Hana', availability: 'available', teams: ['night-shift'] },
    { id: 'ivo', name: 'Ivo', availability: 'offline', teams: ['night-shift', 'reception'] },
  ],
  policies: [{ id: 'default', defaultTeam: 'reception' }],
} as const;
