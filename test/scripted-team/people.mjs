// The scripted team's people: who there is beside those of the data set, what their teams do otherwise, who goes and returns.

/**
 * Each team gets members with a part to play. Cay is away; gil goes offline, hal leaves the team, ida is removed, and jan does one
 * after the other, and the first again.
 */
export const MEMBERS = ['ann', 'ben', 'cay', 'gil', 'hal', 'ida', 'jan'];
const memberOf = (team, name, over = {}) => ({
  ...{ id: `${name}.${team}`, name: `${name} of ${team}`, roles: ['agent'], teams: [team] },
  ...{ availability: name === 'cay' ? 'away' : 'available', ...over },
});
/** A lead of no team, and somebody who is of no team. */
const LOU = { id: 'lou', name: 'Lou', availability: 'available', roles: ['agent', 'lead'], teams: [] };
const REX = { id: 'rex', name: 'Rex', availability: 'away', teams: [] };

/** What the teams do otherwise, the one with most tasks first. The third does nothing otherwise. */
const SETTINGS = [
  {
    claims: { idleFor: 'PT30M' },
    dueSoon: { before: 'PT45M', byPriority: { critical: 'PT10M', low: 'PT5H' } },
  },
  { claims: { returnWhenGone: true }, dueSoon: { before: 'PT20M', byPriority: { high: 'PT0S' } } },
  undefined,
  { claims: { idleFor: 'PT1H', returnWhenGone: true }, dueSoon: { before: 'PT0S' } },
];

/** Nine to five in New York with an hour for lunch, but for weekends and one Monday. */
const OFFICE_HOURS = [
  ['09:00', '12:00'],
  ['13:00', '17:00'],
];
const DESK = {
  ...{ id: 'desk', timezone: 'America/New_York', holidays: ['2030-03-11'] },
  hours: Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [day, OFFICE_HOURS])),
};

/** The workforce of the data set, and who else is needed. Its own people are left as they are: flows name them. */
export function extended({ calendars = [], teams = [], agents = [], policies = [] }, names) {
  const settingsOf = ({ id }) => SETTINGS[names.indexOf(id)];
  return {
    calendars: [...calendars, DESK],
    teams: teams.map((team) => ({ ...team, ...(settingsOf(team) && { settings: settingsOf(team) }) })),
    agents: [...agents, ...names.flatMap((team) => MEMBERS.map((name) => memberOf(team, name))), LOU, REX],
    policies: policies.map((policy) => ({
      ...policy,
      dueSoon: { before: 'PT3H', byPriority: { critical: 'PT30M' } },
    })),
  };
}

/** How people of a team go, change after change; with who they are by then. Null is a tombstone. */
const GOING = {
  gil: [
    { availability: 'offline' },
    { availability: 'offline', name: 'Gilbert' },
    {},
    { availability: 'offline' },
  ],
  hal: [{ teams: [] }],
  ida: [null],
  jan: [
    { availability: 'offline' },
    { availability: 'offline', teams: [] },
    {},
    { availability: 'offline' },
    {},
    { teams: [] },
    {},
  ],
  // Of no consequence.
  ann: [{ availability: 'away' }],
};
const RETURNING = { gil: [{}], hal: [{}], ida: [{}], ann: [{}] };

/**
 * What the workforce's topic says when people go: batches, each with at most one record of each agent. Of two at once the first may
 * never be seen, as the topic is compacted.
 */
export function going(tenant, teams, time) {
  const renamed = agentRecord(tenant, { ...LOU, name: 'Lou, who leads' }, time);
  return [...changes(tenant, teams, time, GOING), [renamed]];
}

export function returning(tenant, teams, time) {
  return changes(tenant, teams, time, RETURNING);
}

function changes(tenant, teams, start, days) {
  const length = Math.max(...Object.values(days).map((day) => day.length));
  return Array.from({ length }, (_, i) => {
    const time = start + i * 10_000;
    const now = Object.entries(days).filter(([, day]) => i < day.length);
    return teams.flatMap((team, nth) =>
      now.map(([name, day]) =>
        day[i] === null
          ? {
              topic: 'workforce',
              key: `${tenant}/agent:${name}.${team}`,
              value: null,
              timestamp: String(time + nth),
            }
          : agentRecord(tenant, memberOf(team, name, day[i]), time + nth),
      ),
    );
  });
}

function agentRecord(tenantid, data, time) {
  const at = new Date(time).toISOString();
  const id = `${data.id} at ${at} in ${data.name}`;
  const attributes = { specversion: '1.0', id, source: '/hr', type: 'workforce.agent.v1', subject: data.id };
  const value = { ...attributes, time: at, tenantid, data };
  return { topic: 'workforce', key: `${tenantid}/agent:${data.id}`, value: JSON.stringify(value) };
}
