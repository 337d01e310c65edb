// What the scripted team says of its tasks: stories, each a list of commands for each part of the day.
import { MEMBERS } from './people.mjs';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const agent = (id) => ({ kind: 'agent', id });
export const CRM = { kind: 'service', id: 'crm' };
export const BOT = { kind: 'ai_agent', id: 'assistant' };
export const [lou, rex, ghost] = ['lou', 'rex', 'ghost'].map(agent);

/** Stories of a team's task: who says what, in which part of the day. A number is the minute after which the next is said. */
// prettier-ignore
const TEAM_STORIES = {
  'two claim at once': ({ ann, ben }) => ({
    morning: [['claim', ann], ['claim', ben], ['start', ann, { reason: 'on the phone' }], ['comment', ben, { text: 'She called again' }], ['resolve', ann, { resolution: 'Booked', reason: 'all is well' }], ['start', ben]],
    evening: [['comment', BOT, { text: 'The customer is happy' }], ['reopen', lou, { reason: 'not booked at all' }]],
  }),
  'a claim runs out': ({ ann, ben }) => ({
    morning: [['claim', ann]],
    noon: [['start', ben], ['claim', ann], ['resolve', ann]],
    evening: [['resolve', ben, { resolution: 'Late, but done' }]],
  }),
  'work runs out': ({ ann, ben }) => ({
    morning: [['start', ben]],
    noon: [['resolve', ann, { resolution: 'Done by another' }], ['reopen', ben], ['start', ben]],
    evening: [['cancel', lou, { reason: 'nobody works on it' }]],
  }),
  'whoever says something keeps the claim': ({ ann, ben }) => ({
    morning: [['claim', ann], ['start', ann], 15, ['comment', ben, { text: 'Is that yours?' }], ['comment', ann, { text: 'Yes' }]],
    noon: [['claim', ben], ['comment', ann, { text: 'Still mine' }]],
    afternoon: [['update', ann, { description: 'In two parts.' }]],
  }),
  'the holder goes offline': ({ ann, gil }) => ({
    noon: [['claim', gil], ['start', gil]],
    afternoon: [['claim', ann], ['resolve', gil, { resolution: 'From home' }]],
    evening: [['reopen', gil]],
  }),
  'the holder goes offline with a claim alone': ({ ben, gil }) => ({
    noon: [['claim', gil]],
    afternoon: [['claim', ben], ['comment', gil, { text: 'Not mine any more?' }]],
    evening: [['release', gil, { reason: 'the day is over' }]],
  }),
  'the holder leaves the team': ({ hal }) => ({
    noon: [['start', hal]],
    afternoon: [['comment', hal, { text: 'I have left' }], ['resolve', hal, { resolution: 'By an old colleague' }]],
    evening: [['reopen', hal]],
  }),
  'the holder leaves the team and does no more': ({ hal, ben }) => ({
    noon: [['claim', hal]],
    afternoon: [['start', ben]],
    evening: [['start', hal]],
  }),
  'the holder is removed': ({ ida, ben }) => ({
    noon: [['start', ida]],
    afternoon: [['comment', ida, { text: 'Who am I?' }], ['release', lou, { reason: 'she is gone' }], ['claim', ben]],
    evening: [['cancel', ben]],
  }),
  'the holder comes and goes': ({ jan, ann }) => ({
    noon: [['claim', jan], ['start', jan]],
    afternoon: [['claim', ann], ['comment', jan, { text: 'Here I am' }]],
    evening: [['resolve', jan, { resolution: 'At last' }]],
  }),
  'a removed holder finishes': ({ ida }) => ({
    noon: [['claim', ida]],
    afternoon: [['resolve', ida, { resolution: 'My last' }]],
  }),
  'the due date is moved about': ({ ann }, now) => ({
    morning: [['update', CRM, { due: { in: 'PT6H' } }], ['update', ann, { due: { in: 'PT25M' }, reason: 'she is in a hurry' }]],
    noon: [['update', ann, { due: { in: 'PT24H' } }], ['update', ann, { due: { at: new Date(now + 30 * MINUTE).toISOString() } }]],
    afternoon: [['update', lou, { due: null }], ['update', lou, { due: null }], ['update', lou, { due: { in: 'PT45M' } }]],
    evening: [['update', ann, { due: { in: 'P2DT90M' }, title: 'Call in two days' }], ['update', ann, { due: { in: 'P1D' } }]],
  }),
  'the same date again': (_, now) => ({
    morning: ['08', '09', '08'].map((minute) => ['update', CRM, { due: { at: `${new Date(now + DAY).toISOString().slice(0, 14)}${minute}:00Z` } }]),
    noon: [['update', CRM, { due: { in: 'PT1M' } }]],
    afternoon: [['update', CRM, { due: { in: 'PT1M' } }]],
    evening: [['update', CRM, { due: { in: 'PT1M' } }]],
  }),
  'done before it is due': ({ ben }) => ({
    morning: [['update', ben, { due: { in: 'PT50M' } }], ['resolve', ben]],
    evening: [['reopen', ben, { reason: 'it was not done' }]],
  }),
  'cancelled before it is due, and once more': ({ ann }) => ({
    morning: [['update', ann, { due: { in: 'PT2H' } }], ['start', ann], ['cancel', ann, { reason: 'called off' }], ['comment', rex, { text: 'Good' }], ['resolve', ann]],
    noon: [['reopen', ann]],
    evening: [['cancel', lou], ['reopen', CRM]],
  }),
  'said late': ({ ben }, now) => ({
    morning: [['update', CRM, { due: { in: 'PT20M' } }]],
    noon: [['resolve', ben, { resolution: 'In time, told late', at: now + 15 * MINUTE }]],
    evening: [['reopen', ben]],
  }),
  'what was seen is old': ({ ann, ben }) => ({
    morning: [['update', ann, { priority: 'critical', expectedVersion: 1 }], ['update', ben, { priority: 'low', expectedVersion: 1 }], ['comment', ben, { text: 'I see', expectedVersion: 2 }], ['claim', rex, { expectedVersion: 1 }]],
    evening: [['resolve', ben, { expectedVersion: 3 }]],
  }),
  'handed about': ({ ann, ben }) => ({
    morning: [['claim', ann], ['assign', ben, { assignee: rex }], ['assign', ann, { assignee: ghost }], ['assign', ann, { assignee: { kind: 'team', id: 'ghosts' } }], ['assign', ann, { assignee: rex, reason: 'he knows her' }], ['claim', ann], ['start', rex], ['claim', rex]],
    noon: [['assign', rex, { assignee: null }], ['claim', lou], ['start', lou]],
    afternoon: [['assign', lou, { assignee: null }], ['resolve', rex, { resolution: 'I was there' }]],
    evening: [['reopen', ben], ['reopen', rex], ['assign', rex, { assignee: rex }]],
  }),
  'dates that cannot be': ({ ann }) => ({
    morning: [['update', ann, { due: { in: 'PT1H', calendar: 'nowhere' } }], ['update', ann, { due: { in: 'P1D', calendar: 'desk' }, priority: 'low' }], ['update', rex, { due: { in: 'PT1H', calendar: 'nowhere' } }]],
  }),
  'those who may not': ({ ben, cay }) => ({
    morning: [['claim', rex], ['start', BOT], ['cancel', BOT], ['claim', cay], ['start', cay], ['resolve', cay], ['comment', ghost, { text: 'Boo' }], ['update', ghost, { priority: 'low' }], ['release', ben], ['reopen', ben]],
    noon: [['update', cay, { type: 'internal', title: 'Somebody else’s' }], ['claim', ben], ['claim', cay], ['assign', cay, { assignee: null }]],
  }),
  'twice': ({ ann, ben }) => ({
    morning: [['claim', ann, { id: 'claimed' }], ['claim', ann, { id: 'claimed' }], ['claim', ben, { id: 'refused' }], ['claim', ann]],
    noon: [['release', lou, { id: 'released' }], ['claim', ben, { id: 'refused' }], ['claim', ann, { id: 'claimed' }], ['release', ben, { id: 'released', reason: 'something else under the same name' }]],
  }),
  'not here': ({ ann }) => ({
    morning: [['claim', ann, { elsewhere: true }], ['comment', CRM, { text: 'Hello?', taskId: '00000000-0000-4000-8000-000000000000' }], ['resolve', CRM, { tenantid: 'another' }]],
  }),
  'a service takes it': ({ ann }) => ({
    morning: [['start', CRM], ['resolve', CRM, { resolution: 'By itself' }], ['reopen', CRM], ['claim', CRM], ['start', ann]],
    noon: [['release', lou], ['claim', ann], ['start', CRM], ['claim', CRM]],
    evening: [['resolve', CRM]],
  }),
  'a lead passes over the claim': ({ ann, ben }) => ({
    morning: [['claim', ann], ['start', lou], ['claim', lou], ['resolve', lou, { resolution: 'Over her head' }], ['reopen', ann], ['start', lou], ['assign', ben, { assignee: null }]],
    evening: [['cancel', ben], ['cancel', lou]],
  }),
  'a lead holds it': ({ ben }) => ({
    noon: [['start', lou]],
    evening: [['claim', ben], ['resolve', lou]],
  }),
  'left alone': () => ({}),
  'more and less urgent': ({ ann }) => ({
    morning: [['update', CRM, { due: { in: 'PT3H' } }], ['update', ann, { priority: 'low' }]],
    noon: [['update', ann, { priority: 'high' }], ['update', ann, { priority: 'high' }]],
    evening: [['update', ann, { priority: 'critical', due: { in: 'PT8M' }, type: 'internal', description: 'Now!' }]],
  }),
};

/** Stories of a task that an agent has. */
// prettier-ignore
const AGENT_STORIES = {
  'does it': ({ own, cay }) => ({
    morning: [['claim', cay], ['start', own], ['comment', own, { text: 'On it' }], ['resolve', own, { resolution: 'Called' }]],
    evening: [['reopen', rex], ['reopen', own]],
  }),
  'claims it': ({ own }) => ({
    morning: [['release', own], ['claim', own], ['start', lou], ['cancel', rex]],
    evening: [['release', own]],
  }),
  'hands it over': ({ own, team, ann, ben }) => ({
    morning: [['assign', own, { assignee: { kind: 'team', id: team }, reason: 'on holiday' }], ['start', ann]],
    noon: [['claim', ben], ['resolve', own]],
    evening: [['resolve', ann], ['resolve', ben]],
  }),
  'is helped': ({ own }) => ({
    morning: [['update', own, { due: { in: 'PT70M' }, priority: 'critical' }], ['start', CRM], ['resolve', lou]],
    noon: [['reopen', CRM]],
  }),
  'does nothing': () => ({}),
};

/** Stories of a task that nobody has. */
// prettier-ignore
const NOBODYS_STORIES = {
  'is taken': ({ cay }) => ({
    morning: [['claim', BOT], ['claim', cay], ['start', rex], ['resolve', cay]],
    evening: [['reopen', cay]],
  }),
  'is done': ({ ben }) => ({ morning: [['release', ben], ['resolve', ben, { resolution: 'In passing' }]] }),
  'is done by a service': () => ({ morning: [['start', CRM], ['claim', rex], ['release', rex]], noon: [['claim', CRM]] }),
  'is given a date': ({ ann }) => ({ morning: [['update', ann, { due: { in: 'PT4H' } }]] }),
};

/** What is told of a task: a story, and from time to time what comes to nobody's mind. */
export function storyOf(task, scene) {
  const { assignee } = task;
  // Each team has all of the stories, one after another.
  const number = scene.told.get(assignee?.id) ?? 0;
  scene.told.set(assignee?.id, number + 1);
  const stories = { team: TEAM_STORIES, agent: AGENT_STORIES }[assignee?.kind] ?? NOBODYS_STORIES;
  const team = assignee?.kind === 'team' ? assignee.id : scene.teams[0];
  const crew = Object.fromEntries(MEMBERS.map((name) => [name, agent(`${name}.${team}`)]));
  const own = assignee?.kind === 'agent' ? agent(assignee.id) : null;
  const names = Object.keys(stories);
  const name = names[number % names.length];
  const wild = number % 6 === 5;
  const told = (now) =>
    wild ? anything(Object.values(crew), own, scene) : stories[name]({ ...crew, own, team }, now);
  return { task, name: wild ? 'anything' : name, told };
}

/** Anybody says anything. */
function anything(crew, own, { random, teams }) {
  const one = (list) => list[Math.floor(random() * list.length)];
  const actors = [...crew, ...crew.slice(0, 2), lou, rex, CRM, BOT, ...(own ? [own, own] : [])];
  const says = {
    assign: () => ({ assignee: one([...crew, rex, null, { kind: 'team', id: teams[0] }]) }),
    // prettier-ignore
    update: () => one([
      { priority: one(['low', 'medium', 'high', 'critical']) },
      { due: one([null, { in: 'PT20M' }, { in: 'PT2H' }, { in: 'P3D' }]) },
      { title: one(['One', 'Two']), type: one(['follow_up', 'internal']) },
    ]),
    comment: () => ({ text: one(['Hm', 'Well', 'So']) }),
    resolve: () => (random() < 0.5 ? { resolution: 'Done' } : {}),
  };
  const verbs = 'claim claim start start resolve release reopen cancel assign update update comment'.split(
    ' ',
  );
  const commands = () =>
    Array.from({ length: 1 + Math.floor(random() * 5) }, () => {
      const verb = one(verbs);
      const seen = random() < 0.1 ? { expectedVersion: 1 + Math.floor(random() * 6) } : {};
      const reason = random() < 0.2 && verb !== 'comment' && verb !== 'update' ? { reason: 'because' } : {};
      return [verb, one(actors), { ...says[verb]?.(), ...seen, ...reason }];
    });
  return { morning: commands(), noon: commands(), afternoon: commands(), evening: commands() };
}
