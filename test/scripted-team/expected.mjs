// What must come of the scripted team's work: every activity and every rejection, worked out by the rules of the contract
// (docs/rules.md, ADR 24) without any of the product's code. Flows are not evaluated: the tasks they make are given.
//
//     node test/scripted-team/expected.mjs FOLDER
//
// prints, as JSON, the workforce and the batches to publish, each with how many activities there are once it is done, and the
// expected lines of both logs in the order in which they happen.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { derivedId, sceneOf } from './script.mjs';

const [folder] = process.argv.slice(2);

// ------------------------------------------------------------------------------------------------------- what is known

const conversations = linesOf(
  ['conversations.jsonl', 'conversations.jsonl.gz'].find((name) => existsSync(join(folder, name))),
);
const expectedTasks = linesOf('expected-tasks.jsonl');
const tenant = conversations[0].value.tenantid ?? 'default';
const scene = sceneOf({
  tenant,
  conversations,
  expectedTasks,
  workforce: JSON.parse(read('workforce.json')),
});

const agents = new Map(scene.workforce.agents.map((each) => [each.id, each]));
const teams = new Map(scene.workforce.teams.map((each) => [each.id, each]));
const calendars = new Set(scene.workforce.calendars.map(({ id }) => id));
const policy = scene.workforce.policies[0] ?? {};
/** The timers' clock. Nothing is due yet. */
let clock = 0;

/** By id; beside the task's own fields: `dates`, `claim` and `channel` as below. */
const tasks = new Map();
/** Identities of what was applied. */
const seen = new Set();
const activities = [];
const rejections = [];

// --------------------------------------------------------------------------------------------------------- what happens

/**
 * Adds an activity to the task's log and changes the task. `changes` is {field: value after}; what is as it was is left out.
 * `because` is {actor, time, cause, reason?, text?, due?, flow?}.
 */
function happens(task, type, changes, because) {
  const changed = Object.entries(changes).filter(([field, to]) => !same(task[field], to));
  const listed = changed.map(([field, to]) => ({ field, from: task[field] ?? null, to }));
  Object.assign(task, changes, { updatedAt: because.time, version: task.version + 1 });
  const { dates: _, claim: __, ...state } = task;
  activities.push({
    type: `task.${type}.v1`,
    ...{ tenant: task.tenantId, taskId: task.id, sequence: task.version },
    ...{ conversationId: task.conversationId, channel: task.channel },
    ...because,
    changes: listed.sort(byField),
    task: state,
  });

  // Each due date that is set has its own two timers, named after the activity that set it.
  if ('dueAt' in changes) task.dates = { setBy: task.version, said: [] };
  // A claim has a last sign of its holder, and is flagged once for each way of being gone.
  if ('claimedBy' in changes) task.claim = { flagged: [] };
  const { kind, id } = because.actor;
  if (task.claimedBy === id && (kind === 'agent' || kind === 'service'))
    Object.assign(task.claim, { time: because.time, sequence: task.version });
}

/** A command that was published, in the order of its conversation. `dueAt`: by hand, where it is in working time. */
function applyCommand(event, topic, dueAt) {
  const identity = [event.tenantid, event.source, event.id].join(' ');
  if (seen.has(identity)) return;
  seen.add(identity);
  const { actor, reason } = event.data;
  const cause = { source: event.source, id: event.id, topic };
  const because = { actor, time: instant(event.time), cause, ...(reason && { reason }) };
  const task = event.tenantid === tenant ? tasks.get(event.data.taskId?.toLowerCase()) : undefined;
  const refused =
    event.type === 'task.create.v1'
      ? create(event, task, because, topic, dueAt)
      : change(event, task, because, dueAt);
  if (!refused) return;
  const [code, holder] = refused;
  const { tenantid, subject, type, time, data } = event;
  const command = { type, subject, time: instant(time), data };
  rejections.push({
    code,
    ...(holder && { holder }),
    tenant: tenantid,
    conversationId: subject,
    time: instant(time),
    command,
    cause,
  });
}

// -------------------------------------------------------------------------------------------------------------- commands

/** @returns nothing, or [code] when it is refused */
function create({ data, subject, source, id, time }, existing, because, topic, dueAt) {
  if (existing) return ['task_exists'];
  if (!isKnown(data.assignee ?? null)) return ['unknown_assignee'];
  const due = 'due' in data ? dueOf(data.due, time, dueAt) : null;
  if (due === undefined) return ['invalid_due'];
  const { type, priority, title, description = null, assignee = null } = data;
  const taskId = data.taskId?.toLowerCase() ?? derivedId(time, [tenant, source, id]);
  created(
    { taskId, subject, channel: topic.split('.')[1], createdBy: because.actor },
    { type, priority, title, description, assignee, dueAt: due },
    { ...because, ...workedOut(data.due, time) },
  );
}

function created({ taskId, subject, channel, createdBy }, says, because) {
  const { time } = because;
  const nothing = {
    priority: null,
    status: null,
    assignee: null,
    claimedBy: null,
    dueAt: null,
    title: null,
    description: null,
  };
  const task = {
    ...{ id: taskId, tenantId: tenant, conversationId: subject, channel, type: null, ...nothing },
    ...{ createdBy, createdAt: time, updatedAt: time, startedAt: null, resolvedAt: null, resolution: null },
    ...{ overdue: false, version: 0 },
  };
  tasks.set(taskId, task);
  happens(task, 'created', { status: 'to_do', ...says }, because);
  task.claim = { flagged: [] };
}

/** @returns nothing, or [code, holder?] when it is refused */
function change({ type, subject, data, time }, task, because, dueAt) {
  const verb = type.split('.')[1];
  const { actor } = because;
  if (!task || task.conversationId !== subject) return ['task_not_found'];
  if (data.expectedVersion !== undefined && data.expectedVersion !== task.version) return ['stale_version'];
  const relations = relationsOf(actor, task);
  if (!relations.some((relation) => MAY[relation].includes(verb))) return ['not_allowed'];
  const allowed = FROM[verb].includes(task.status) && !(verb === 'release' && task.claimedBy === null);
  if (!allowed) return ['illegal_transition'];
  const passesOver = relations.includes('service') || relations.includes('lead');
  if (['claim', 'start', 'resolve', 'cancel', 'assign', 'release'].includes(verb)) {
    const othersClaim = task.claimedBy !== null && !relations.includes('holder');
    if (othersClaim && !(passesOver && verb !== 'claim')) return ['already_claimed', task.claimedBy];
  }
  if (['claim', 'start', 'resolve'].includes(verb) && relations.includes('member')) {
    const needsToBeThere = !relations.includes('holder') && !passesOver;
    if (needsToBeThere && agents.get(actor.id).availability !== 'available') return ['not_available'];
  }
  if (verb === 'assign' && !isKnown(data.assignee)) return ['unknown_assignee'];
  const due = 'due' in data ? dueOf(data.due, time, dueAt) : task.dueAt;
  if (due === undefined) return ['invalid_due'];

  const says = (activity, changes) => {
    if (Object.entries(changes).some(([field, to]) => !same(task[field], to)))
      happens(task, activity, changes, because);
  };
  switch (verb) {
    case 'claim':
      if (task.assignee === null && actor.kind === 'agent') says('assignment_changed', { assignee: actor });
      else says('assignment_changed', { claimedBy: actor.id });
      return;
    case 'release':
      giveBack(task, because);
      return;
    case 'assign':
      says('assignment_changed', { assignee: data.assignee, ...cleared(task, 'claimedBy') });
      return;
    case 'start':
      takeInHand(task, actor, says);
      says('status_changed', { status: 'in_progress', startedAt: because.time });
      return;
    case 'resolve':
      takeInHand(task, actor, says);
      says('status_changed', {
        status: 'resolved',
        resolvedAt: because.time,
        resolution: data.resolution ?? null,
        overdue: false,
      });
      happens(task, 'completed', {}, because);
      return;
    case 'cancel':
      says('status_changed', { status: 'cancelled', overdue: false });
      return;
    case 'reopen':
      says('status_changed', {
        status: 'to_do',
        startedAt: null,
        resolvedAt: null,
        resolution: null,
        ...cleared(task, 'claimedBy'),
      });
      return;
    case 'update': {
      const {
        priority = task.priority,
        title = task.title,
        description = task.description,
        type: kind = task.type,
      } = data;
      says('priority_changed', { priority });
      if (due !== task.dueAt) {
        const overdue = later(due, task.dueAt) && { overdue: false };
        happens(
          task,
          'due_date_changed',
          { dueAt: due, ...overdue },
          { ...because, ...workedOut(data.due, time) },
        );
      }
      says('details_changed', { title, description, type: kind });
      return;
    }
    case 'comment':
      happens(task, 'commented', {}, { ...because, text: data.text });
  }
}

/** From which status a command is possible. */
const OPEN = ['to_do', 'in_progress'];
const ENDED = ['resolved', 'cancelled'];
const FROM = {
  ...{
    assign: OPEN,
    claim: OPEN,
    release: OPEN,
    start: ['to_do'],
    resolve: OPEN,
    reopen: ENDED,
    cancel: OPEN,
  },
  ...{ update: OPEN, comment: [...OPEN, ...ENDED] },
};

/** How an actor may be concerned with a task, and what each relation permits. */
const ALL_BUT_COMMENT = 'assign claim release start resolve reopen cancel update'.split(' ');
const ALL_BUT_RELEASE = ALL_BUT_COMMENT.filter((verb) => verb !== 'release');
const MAY = {
  service: [...ALL_BUT_COMMENT, 'comment'],
  lead: ALL_BUT_COMMENT,
  holder: ALL_BUT_COMMENT,
  assignee: ALL_BUT_RELEASE,
  member: ALL_BUT_COMMENT,
  'anybody, of a task nobody has': ALL_BUT_RELEASE,
  creator: ['assign', 'reopen', 'cancel', 'update'],
  'of the workforce': ['comment'],
  'AI agent': ['comment'],
};

function relationsOf({ kind, id }, { assignee, claimedBy, createdBy }) {
  const person = kind === 'agent' ? agents.get(id) : undefined;
  const relations = {
    service: kind === 'service',
    lead: person?.roles?.includes('lead'),
    holder: claimedBy === id && kind !== 'ai_agent',
    assignee: kind === 'agent' && assignee?.kind === 'agent' && assignee.id === id,
    member: person && assignee?.kind === 'team' && person.teams.includes(assignee.id),
    'anybody, of a task nobody has': person && assignee === null,
    creator: createdBy.kind === kind && createdBy.id === id,
    'of the workforce': person,
    'AI agent': kind === 'ai_agent',
  };
  return Object.keys(relations).filter((relation) => relations[relation]);
}

/** An agent who starts or resolves a team's unclaimed task claims it, and gets a task that nobody has. */
function takeInHand(task, actor, says) {
  if (actor.kind !== 'agent') return;
  if (task.assignee === null) says('assignment_changed', { assignee: actor });
  else if (task.assignee.kind === 'team' && task.claimedBy === null)
    says('assignment_changed', { claimedBy: actor.id });
}

/** The claim is given back, by whomever; work in progress is to do again. */
function giveBack(task, because) {
  happens(task, 'assignment_changed', { claimedBy: null }, because);
  if (task.status === 'in_progress')
    happens(task, 'status_changed', { status: 'to_do', startedAt: null }, because);
}

function isKnown(assignee) {
  return assignee === null || (assignee.kind === 'team' ? teams : agents).has(assignee.id);
}

/** @returns the instant, null for none, or undefined when it cannot be worked out */
function dueOf(due, time, byHand) {
  if (due === null) return null;
  if (due.at) return instant(due.at);
  if (!due.calendar) return instant(Date.parse(time) + durationOf(due.in));
  return calendars.has(due.calendar) && due.in.startsWith('PT') ? byHand : undefined;
}

/** What an activity says beside the date that a calendar gave. */
function workedOut(due, time) {
  return due?.calendar ? { due: { in: due.in, calendar: due.calendar, from: instant(time) } } : {};
}

// ---------------------------------------------------------------------------------------------------------------- people

/** A record of the workforce: an agent as it is now, or a tombstone. Where the holder of a claim goes, the claim's task tells. */
function applyPerson({ key, value, timestamp }) {
  const id = key.split('agent:')[1];
  const event = value === null ? null : JSON.parse(value);
  const before = agents.get(id);
  if (event) agents.set(id, event.data);
  else agents.delete(id);
  if (!before) return;
  const cause = event ? { source: event.source, id: event.id, topic: 'workforce' } : { topic: 'workforce' };
  const because = {
    actor: { kind: 'system', id: 'workforce' },
    time: instant(event?.time ?? Number(timestamp)),
    cause,
  };
  const gone = event && event.data.availability === 'offline' && before.availability !== 'offline';
  for (const task of tasks.values()) {
    if (!OPEN.includes(task.status) || task.assignee?.kind !== 'team' || task.claimedBy !== id) continue;
    const team = task.assignee.id;
    const left = event && before.teams.includes(team) && !event.data.teams.includes(team);
    const why = !event ? 'was removed' : left ? `has left team '${team}'` : gone ? 'is offline' : null;
    if (why === null || task.claim.flagged.includes(why)) continue;
    task.claim.flagged.push(why);
    const told = { ...because, reason: `the holder '${id}' ${why}` };
    if (teams.get(team).settings?.claims?.returnWhenGone) giveBack(task, told);
    else happens(task, 'assignment_changed', {}, told);
  }
}

// ---------------------------------------------------------------------------------------------------------------- timers

const DEFAULTS = { critical: 'PT15M', high: 'PT1H', medium: 'PT2H', low: 'PT4H' };

/** The earliest thing that time brings to a task: {kind, at, of: the sequence it is named after}, or undefined. */
function nextTimer(task) {
  if (!OPEN.includes(task.status)) return undefined;
  const { dueAt, dates, claim, claimedBy, priority } = task;
  const team = task.assignee?.kind === 'team' ? teams.get(task.assignee.id) : undefined;
  const timers = [];
  if (dueAt !== null && !dates.said.includes('overdue')) {
    const due = Date.parse(dueAt);
    timers.push({ kind: 'overdue', at: due, of: dates.setBy });
    const settings = team?.settings?.dueSoon ?? policy.dueSoon;
    const before = durationOf(
      settings ? (settings.byPriority?.[priority] ?? settings.before) : DEFAULTS[priority],
    );
    if (before > 0 && !dates.said.includes('due_soon'))
      timers.push({ kind: 'due_soon', at: due - before, of: dates.setBy });
  }
  const idleFor = team?.settings?.claims?.idleFor;
  if (claimedBy !== null && idleFor)
    timers.push({
      kind: 'lease',
      at: Date.parse(claim.time) + durationOf(idleFor),
      of: claim.sequence,
      idleFor,
    });
  return timers.sort((a, b) => a.at - b.at)[0];
}

/** Everything that is due by the clock is said, of each task in order of time. */
function fireTimers() {
  for (const task of tasks.values()) {
    for (let timer = nextTimer(task); timer && timer.at <= clock; timer = nextTimer(task)) {
      const { kind, at, of, idleFor } = timer;
      const cause = { source: '/conversation-tasks/timers', id: `${task.id}:${kind}:${of}` };
      const because = { actor: { kind: 'system', id: 'timers' }, time: instant(at), cause };
      if (kind === 'lease') giveBack(task, { ...because, reason: `the claim was idle for ${idleFor}` });
      else {
        task.dates.said.push(kind);
        happens(task, kind, kind === 'overdue' ? { overdue: true } : {}, because);
      }
    }
  }
}

// ----------------------------------------------------------------------------------------------------------- the batches

/** What the conversations' own events lead to: the tasks that are expected of their flows, and their own commands. */
function applyConversations(from, to) {
  for (const { topic, value } of conversations.slice(from, to)) {
    const cause = `${value.source}#${value.id}`;
    if (value.type.startsWith('task.')) {
      applyCommand(value, topic, expectedTasks.find((task) => task.cause === cause)?.dueAt);
      continue;
    }
    if (value.type !== 'conversation.outcome.v1' || seen.has(cause)) continue;
    seen.add(cause);
    for (const {
      flow,
      node,
      channel,
      type,
      title,
      description,
      priority,
      assignee,
      dueAt,
    } of expectedTasks.filter((task) => task.cause === cause)) {
      const because = {
        ...{ actor: { kind: 'flow', id: flow }, time: instant(value.time) },
        ...{ cause: { source: value.source, id: value.id, topic }, flow: { id: flow, version: 1, node } },
      };
      const taskId = derivedId(value.time, [tenant, value.source, value.id, flow, node, '0']);
      const says = { type, title, description, priority, assignee, dueAt };
      created({ taskId, subject: value.subject, channel, createdBy: because.actor }, says, because);
    }
  }
}

/**
 * The steps as batches: consecutive commands are one. Where a task has something that time brings and that is due already,
 * what is said before the next command is a matter of chance: so that command waits for the next batch.
 */
const batches = [];
let commands = [];

function settled(batch) {
  fireTimers();
  batches.push({ ...batch, activities: activities.length, rejections: rejections.length });
}

function publishCommands() {
  if (commands.length > 0) settled({ publish: commands });
  commands = [];
}

for (const step of scene.steps) {
  if (step.command) {
    const event = JSON.parse(step.command.value);
    if (nextTimer(tasks.get(event.data.taskId) ?? { status: 'none' })?.at <= clock) publishCommands();
    applyCommand(event, step.command.topic, step.dueAt);
    commands.push(step.command);
    continue;
  }
  publishCommands();
  if (step.conversations) {
    applyConversations(...step.conversations);
    settled({ conversations: step.conversations });
  } else if (step.people) {
    step.people.forEach(applyPerson);
    settled({ publish: step.people });
  } else if (step.clock) {
    clock = Date.parse(step.clock);
    settled({ clock: step.clock });
  }
}
publishCommands();

process.stdout.write(`${JSON.stringify({ workforce: scene.workforce, batches, activities, rejections })}\n`);

// -------------------------------------------------------------------------------------------------------------- the rest

function read(name) {
  const content = readFileSync(join(folder, name));
  return (name.endsWith('.gz') ? gunzipSync(content) : content).toString('utf8');
}

function linesOf(name) {
  return read(name)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** UTC with milliseconds. */
function instant(time) {
  return new Date(time).toISOString();
}

/** Of durations in days, hours and minutes, milliseconds. */
function durationOf(text) {
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] =
    /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}

function same(a, b) {
  return (
    a === b || (a != null && b != null && typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b))
  );
}

/** A later due date, or none, ends that a task is overdue. */
function later(due, before) {
  return due === null || (before !== null && due > before);
}

/** A field to be cleared, where it is set. */
function cleared(task, field) {
  return task[field] === null ? {} : { [field]: null };
}

function byField(a, b) {
  return a.field < b.field ? -1 : 1;
}
