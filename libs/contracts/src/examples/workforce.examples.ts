import { type WorkforceEventType } from '../event-types';
import { type MessageExample, ofWorkforce } from './example';

const officeDay = [
  ['09:00', '12:00'],
  ['13:00', '17:00'],
];

export const WORKFORCE_EXAMPLES: Record<WorkforceEventType, MessageExample[]> = {
  'workforce.agent.v1': [
    ofWorkforce('A lead', 'agent', {
      id: 'dana',
      name: 'Dana',
      email: 'dana@example.com',
      availability: 'available',
      roles: ['agent', 'lead'],
      teams: ['front-desk'],
    }),
  ],
  'workforce.team.v1': [
    ofWorkforce('A team with hours', 'team', {
      id: 'front-desk',
      name: 'Front desk',
      calendar: 'office',
      settings: { dueSoon: { before: 'PT30M' } },
    }),
  ],
  'workforce.calendar.v1': [
    ofWorkforce('Office hours with a break', 'calendar', {
      id: 'office',
      timezone: 'America/New_York',
      hours: { mon: officeDay, tue: officeDay, wed: officeDay, thu: officeDay, fri: [['09:00', '15:00']] },
      holidays: ['2026-12-25'],
    }),
  ],
  'workforce.policy.v1': [
    ofWorkforce('How a tenant works', 'policy', {
      id: 'default',
      defaultTeam: 'front-desk',
      dueSoon: { before: 'PT1H' },
      escalation: {
        steps: [
          { after: 'PT0S', priority: 'high' },
          { after: 'P1D', priority: 'critical', assignee: { kind: 'team', id: 'leads' } },
        ],
      },
      parking: { enabled: false },
    }),
  ],
};
