// What the scripted team does with the tasks of a data set, and when: a workforce with settings, and steps in order of time.
// It imports nothing of the product, and does not know what becomes of a command: that is the business of expected.mjs.
//
// The day of the team, again and again while the conversations go on (minutes after the last event published so far):
//
//     1–19 commands | 40 the clock | 41–55 commands | 60 people go away | 61–79 commands | 85 they return
//     … three quarters of the way to the next conversations: the clock | commands
import { createHash } from 'node:crypto';
import { extended, going, returning } from './people.mjs';
import { BOT, CRM, ghost, rex, storyOf } from './stories.mjs';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Into how many parts the conversations are cut, with a day of the team after each. */
const PARTS = 4;

/**
 * @param dataSet {tenant, conversations: the lines of its file, parsed, expectedTasks, workforce}
 * @returns {workforce, steps}; a step is one of
 *   {conversations: [from, to]}  lines of the file to publish
 *   {command: record, dueAt?}    dueAt: by hand, what the command's due date in working time comes to
 *   {people: [record, …]}        changes of the workforce
 *   {clock: instant}             the timers' clock is moved, after everything before has been applied
 */
export function sceneOf({ tenant, conversations, expectedTasks, workforce }, seed = 1) {
  const random = randomNumbers(seed);
  const tasks = withIds(tenant, conversations, expectedTasks);
  const teams = byNumberOfTasks(expectedTasks);
  const scene = { tenant, teams, random, steps: [], count: 0, told: new Map() };

  const parts = cut(tasks, PARTS);
  const ends = parts.map((part, i) =>
    i === PARTS - 1 ? conversations.length : Math.max(...part.map(({ line }) => line)) + 1,
  );
  const bases = ends.map((end) => roundUp(Math.max(...conversations.slice(0, end).map(timeOf))));
  for (const [i, part] of parts.entries()) {
    const base = bases[i];
    const next = bases[i + 1] ?? base + DAY;
    scene.steps.push({ conversations: [ends[i - 1] ?? 0, ends[i]] });
    const told = part.map((task) => storyOf(task, scene));
    tell(scene, told, 'morning', base + MINUTE);
    setClock(scene, base + 40 * MINUTE);
    tell(scene, told, 'noon', base + 41 * MINUTE);
    scene.steps.push(...going(tenant, teams, base + 60 * MINUTE).map((people) => ({ people })));
    tell(scene, told, 'afternoon', base + 61 * MINUTE);
    scene.steps.push(...returning(tenant, teams, base + 85 * MINUTE).map((people) => ({ people })));
    const evening = Math.max(base + 120 * MINUTE, base + 0.75 * (next - base));
    setClock(scene, evening);
    tell(scene, told, 'evening', evening + MINUTE);
  }
  setClock(scene, bases.at(-1) + 60 * DAY);
  workedByHand(scene, tasks[0]);
  setClock(scene, Date.parse('2031-01-01T00:00:00Z'));
  return { workforce: extended(workforce, teams), steps: scene.steps };
}

/** What all stories have of one part of the day, in order of time: two minutes between one command of a task and the next. */
function tell(scene, stories, part, start) {
  const said = stories.flatMap((story, nth) => {
    // The whole story is made once, in the morning.
    story.parts ??= story.told(start);
    let minute = 0;
    const commands = [];
    for (const entry of story.parts[part] ?? []) {
      if (typeof entry === 'number') {
        minute = entry;
        continue;
      }
      const [verb, actor, says = {}] = entry;
      const at = start + minute * MINUTE + nth;
      commands.push({ at, command: commandRecord(scene, story, verb, actor, says, says.at ?? at) });
      minute += 2;
    }
    return commands;
  });
  said.sort((a, b) => a.at - b.at);
  scene.steps.push(...said.map(({ command }) => ({ command })));
}

function setClock(scene, time) {
  scene.steps.push({ clock: new Date(time).toISOString() });
}

/** A command about a task as an agent's desktop sends it. `id`, `elsewhere`, `taskId`, `tenantid` and `at` are about the sending. */
function commandRecord(
  scene,
  { task, name },
  verb,
  actor,
  { id, elsewhere, taskId, tenantid, at: _, ...says },
  time,
) {
  scene.count += 1;
  const subject = elsewhere ? `${task.conversationId}-elsewhere` : task.conversationId;
  const data = { taskId: taskId ?? task.id, actor, ...says };
  return eventRecord(task.channel, {
    id: id ? `${task.id} ${id}` : `${String(scene.count).padStart(5, '0')} ${name}`,
    ...{ source: '/desk', type: `task.${verb}.v1`, subject, time: new Date(time).toISOString() },
    ...{ tenantid: tenantid ?? scene.tenant, data },
  });
}

function eventRecord(channel, event) {
  const value = JSON.stringify({ specversion: '1.0', ...event });
  return { topic: `conversation-events.${channel}`, key: event.subject, value };
}

// ------------------------------------------------------------------------------------------------------ worked out by hand

/** Commands about tasks that commands create, and due dates in the working time of the desk, in March 2030 in New York. */
// prettier-ignore
function workedByHand(scene, other) {
  const subject = 'conv-by-hand';
  let time = '';
  const say = (id, type, actor, data, dueAt) => {
    const event = { id, source: '/desk', type: `task.${type}.v1`, subject, time, tenantid: scene.tenant };
    scene.steps.push({ command: eventRecord('call', { ...event, data: { actor, ...data } }), dueAt });
  };
  const own = 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb';
  const create = { type: 'follow_up', priority: 'high', title: 'Call back', description: 'As promised', taskId: own };
  const desk = (hours) => ({ due: { in: hours, calendar: 'desk' } });

  // Friday, 1 March, 11:00 in New York: an hour until lunch, an hour after it.
  time = '2030-03-01T16:00:00.250Z';
  say('create', 'create', BOT, { ...create, assignee: rex, ...desk('PT2H') }, '2030-03-01T19:00:00.250Z');
  // It is there already: under its own id, in this conversation and in another; whatever else is wrong does not matter.
  say('create-again', 'create', CRM, create);
  say('create-others', 'create', CRM, { ...create, taskId: other.id });
  say('create-for-ghost', 'create', CRM, { ...create, taskId: undefined, assignee: ghost });
  say('create-for-ghosts', 'create', CRM, { ...create, taskId: undefined, assignee: { kind: 'team', id: 'ghosts' } });
  say('create-nowhere', 'create', rex, { ...create, taskId: undefined, due: { in: 'PT1H', calendar: 'nowhere' } });
  // A task without an id of its own has one that its sender can work out.
  say('derived', 'create', BOT, { type: 'internal', priority: 'low', title: 'Think', due: { in: 'PT1H30M' } });
  const derived = derivedId(time, [scene.tenant, '/desk', 'derived']);
  say('derived-by-its-maker', 'update', BOT, { taskId: derived, title: 'Think again', due: { at: '2030-05-01T12:00:00+02:00' } });
  say('derived-by-another', 'update', { kind: 'ai_agent', id: 'other' }, { taskId: derived, title: 'No' });
  say('derived-claimed-by-its-maker', 'claim', BOT, { taskId: derived });
  say('derived-called-off', 'cancel', BOT, { taskId: derived, reason: 'thought enough' });

  // 16:00 that day: an hour, then the weekend, then Monday from nine: two more.
  time = '2030-03-01T21:00:00Z';
  say('monday', 'update', BOT, { taskId: own, ...desk('PT3H') }, '2030-03-04T16:00:00.000Z');
  // Friday, 8 March, 16:30: half an hour; Sunday the clocks go forward; Monday is a holiday; Tuesday at nine, in summer time, 13:00 UTC.
  time = '2030-03-08T21:30:00Z';
  say('summer', 'update', rex, { taskId: own, ...desk('PT1H') }, '2030-03-12T13:30:00.000Z');
  // A Saturday, in the desk's time zone still Friday, 23:00, after work: the whole of Monday and an hour of Tuesday.
  time = '2030-03-16T03:00:00Z';
  say('tuesday', 'update', rex, { taskId: own, ...desk('PT8H') }, '2030-03-19T14:00:00.000Z');
  // At lunch: from one o'clock.
  time = '2030-03-20T16:30:00Z';
  say('after-lunch', 'update', rex, { taskId: own, ...desk('PT15M') }, '2030-03-20T17:15:00.000Z');
}

// --------------------------------------------------------------------------------------------------------------- the rest

/** The tasks in the order in which the conversations lead to them, with line and id. A chosen id is the creator's own. */
function withIds(tenant, conversations, expectedTasks) {
  const lines = new Map();
  conversations.forEach(({ value }, line) => {
    const cause = `${value.source}#${value.id}`;
    if (!lines.has(cause)) lines.set(cause, line);
  });
  return expectedTasks
    .map((task) => {
      const line = lines.get(task.cause);
      const { value } = conversations[line];
      const own = task.flow === null ? [] : [task.flow, task.node, '0'];
      const id =
        value.data.taskId?.toLowerCase() ?? derivedId(value.time, [tenant, value.source, value.id, ...own]);
      return { ...task, line, id };
    })
    .sort((a, b) => a.line - b.line);
}

/** docs/architecture.md, "Working out a task's id". */
export function derivedId(time, parts) {
  const t = Date.parse(time).toString(16).padStart(12, '0');
  const h = createHash('sha256').update(parts.join('\0')).digest('hex');
  const v = (8 + (Number.parseInt(h[3], 16) % 4)).toString(16);
  return `${t.slice(0, 8)}-${t.slice(8)}-8${h.slice(0, 3)}-${v}${h.slice(4, 7)}-${h.slice(7, 19)}`;
}

/** The teams that have tasks, the one with most first. */
function byNumberOfTasks(tasks) {
  const count = new Map();
  for (const { assignee } of tasks)
    if (assignee?.kind === 'team') count.set(assignee.id, (count.get(assignee.id) ?? 0) + 1);
  return [...count].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([team]) => team);
}

function cut(list, count) {
  const length = Math.ceil(list.length / count);
  return Array.from({ length: count }, (_, i) => list.slice(i * length, (i + 1) * length));
}

const timeOf = ({ value }) => Date.parse(value.time);
const roundUp = (time) => Math.ceil(time / MINUTE) * MINUTE;

/** The same numbers for the same seed: mulberry32. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
