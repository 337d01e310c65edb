import {
  type Activity,
  decide,
  type DecisionContext,
  evolve,
  type Task,
  type TaskCommand,
} from '#libs/domain';
import { causingType, CausingEvents } from './causing.events';

const TASK_ID = '0195f1c0-0000-4000-8000-000000000001';
const lead = { kind: 'agent' as const, id: 'lee' };
const data = { taskId: TASK_ID, actor: lead };

const context = (id: string): DecisionContext => ({
  tenantId: 'acme',
  conversationId: 'conv-1',
  channel: 'call',
  time: '2026-03-02T10:00:00.000Z',
  cause: { source: '/test', id },
  derivedTaskId: TASK_ID,
  assigneeExists: () => true,
  person: (id) => ({ id, availability: 'available', isLead: true, teams: ['bookings'] }),
  resolveDue: () => ({ ok: true, at: '2026-03-03T10:00:00.000Z' }),
});

/** What each command leads to, after those before it. */
function activitiesOf(...commands: TaskCommand[]): Activity[][] {
  let task: Task | null = null;
  return commands.map((command, i) => {
    const decision = decide(command, task, context(`e-${i}`));
    if ('rejection' in decision) throw new Error(decision.rejection.detail);
    for (const activity of decision.activities) task = evolve(task, activity);
    return decision.activities;
  });
}

const create = (assignee: { kind: 'agent' | 'team'; id: string } | null): TaskCommand => ({
  type: 'task.create.v1',
  data: { ...data, type: 'follow_up', priority: 'high', title: 'Call back', assignee },
});
const BOOKINGS = { kind: 'team' as const, id: 'bookings' };
const claim: TaskCommand = { type: 'task.claim.v1', data };
const start: TaskCommand = { type: 'task.start.v1', data };
const assign = (assignee: { kind: 'agent' | 'team'; id: string } | null): TaskCommand => ({
  type: 'task.assign.v1',
  data: { ...data, assignee },
});

describe('the type of the event that led to activities', () => {
  const told: [string, TaskCommand[]][] = [
    ['a creation', [create(null)]],
    ['a claim', [create(BOOKINGS), claim]],
    ['a start that claims', [create(BOOKINGS), start]],
    ['a start of what was claimed', [create(BOOKINGS), claim, start]],
    ['a release of what was started', [create(BOOKINGS), start, { type: 'task.release.v1', data }]],
    ['a resolution', [create(BOOKINGS), { type: 'task.resolve.v1', data }]],
    ['a cancellation', [create(null), { type: 'task.cancel.v1', data }]],
    ['a reopening', [create(null), { type: 'task.cancel.v1', data }, { type: 'task.reopen.v1', data }]],
    ['a comment', [create(null), { type: 'task.comment.v1', data: { ...data, text: 'x' } }]],
    ['another priority', [create(null), { type: 'task.update.v1', data: { ...data, priority: 'low' } }]],
    ['a due date', [create(null), { type: 'task.update.v1', data: { ...data, due: { in: 'PT1H' } } }]],
    ['another title', [create(null), { type: 'task.update.v1', data: { ...data, title: 'x' } }]],
    ['an assignment to a team', [create(null), assign(BOOKINGS)]],
    ['an assignment to another', [create(BOOKINGS), assign({ kind: 'agent', id: 'eli' })]],
    ['an assignment to nobody', [create(BOOKINGS), claim, assign(null)]],
  ];

  test.each(told)('%s', (_, commands) => {
    const activities = activitiesOf(...commands).at(-1)!;
    expect(activities.length).toBeGreaterThan(0);
    expect(causingType(activities)).toBe(commands.at(-1)!.type);
  });

  test.each<[string, TaskCommand[]]>([
    ['a claim given back before the start', [create(BOOKINGS), claim, { type: 'task.release.v1', data }]],
    ['the same, cleared by an assignment', [create(BOOKINGS), claim, assign(BOOKINGS)]],
    ['what nobody had, claimed', [create(null), claim]],
    ['the same, by an assignment', [create(null), assign(lead)]],
  ])('%s: nobody can say, so it is the first activity’s', (_, commands) => {
    expect(causingType(activitiesOf(...commands).at(-1)!)).toBe('task.assignment_changed.v1');
  });

  test('of a flow’s task, and of what no event from outside led to', () => {
    const [[created]] = activitiesOf(create(null)) as [[Activity]];
    const flow = { id: 'f', version: 1, node: 'n', inputs: {}, warnings: [] };
    expect(causingType([{ ...created, flow }])).toBe('conversation.outcome.v1');
  });
});

describe('the events that led to a shard’s activities', () => {
  test('given activities in the order of the log, then each event is told once, whatever it led to', () => {
    const events = new CausingEvents();
    const activities = activitiesOf(create(BOOKINGS), start, { type: 'task.resolve.v1', data }).flat();
    expect(activities).toHaveLength(5);
    const told = activities.map((activity, i) => events.next(activity, `recorded-${i}`));
    expect([...told, events.last(), events.last()].filter((event) => event !== null)).toEqual(
      [
        ['e-0', 'task.create.v1', 'recorded-0', 1] as const,
        ['e-1', 'task.start.v1', 'recorded-1', 3] as const,
        ['e-2', 'task.resolve.v1', 'recorded-3', 5] as const,
      ].map(([id, type, recordedAt, version]) => ({
        ...{ tenantId: 'acme', source: '/test', id, type, became: 'applied', payloadHash: null },
        ...{ conversationId: 'conv-1', cause: { source: '/test', id }, recordedAt },
        answer: { taskId: activities[0]!.taskId, version },
      })),
    );
  });

  test('given the same id of another tenant or source, then it is another event', () => {
    const events = new CausingEvents();
    const [[created]] = activitiesOf(create(null)) as [[Activity]];
    events.next(created, '');
    expect(events.next({ ...created, tenantId: 'other' }, '')).toMatchObject({ tenantId: 'acme' });
    expect(events.next({ ...created, cause: { source: '/other', id: 'e-0' } }, '')).toMatchObject({
      tenantId: 'other',
    });
  });
});
