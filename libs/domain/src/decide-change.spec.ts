import { aContext, aTask } from './decide.fixture';
import { type ChangeTask, type Decision, decide, evolve, type OnTask, type Person, type Task } from './index';

const people: Record<string, Person> = {
  mia: { id: 'mia', availability: 'available', isLead: false, teams: ['bookings'] },
  eli: { id: 'eli', availability: 'away', isLead: false, teams: [] },
  lea: { id: 'lea', availability: 'offline', isLead: true, teams: [] },
};
const context = aContext({ person: (id) => people[id] ?? null });

const mia = { kind: 'agent', id: 'mia' } as const;
const lea = { kind: 'agent', id: 'lea' } as const;
const crm = { kind: 'service', id: 'crm' } as const;

type Verb = ChangeTask['type'] extends `task.${infer V}.v1` ? V : never;
const command = (verb: Verb, actor: OnTask['actor'], says: object = {}): ChangeTask =>
  ({ type: `task.${verb}.v1`, data: { taskId: context.derivedTaskId, actor, ...says } }) as ChangeTask;

/** What happened, as type and fields; and the task after it. */
function when(task: Task | null, ...asked: Parameters<typeof command>) {
  const decision: Decision = decide(command(...asked), task, context);
  if ('rejection' in decision) return { ...decision.rejection };
  const { activities } = decision;
  return {
    happened: activities.map(({ type, changes }) => [type, ...changes.map(({ field }) => field)]),
    activities,
    task: activities.reduce<Task | null>(evolve, task),
  };
}

describe('a team’s task', () => {
  it('is claimed: it has a holder, and its status stays', () => {
    const { happened, task } = when(aTask(), 'claim', mia);
    expect(happened).toEqual([['task.assignment_changed.v1', 'claimedBy']]);
    expect(task).toMatchObject({ claimedBy: 'mia', status: 'to_do', version: 2 });
  });

  it('is claimed by starting it', () => {
    const { happened, task, activities } = when(aTask(), 'start', mia, { reason: 'on the phone' });
    expect(happened).toEqual([
      ['task.assignment_changed.v1', 'claimedBy'],
      ['task.status_changed.v1', 'status', 'startedAt'],
    ]);
    expect(task).toMatchObject({
      claimedBy: 'mia',
      status: 'in_progress',
      startedAt: context.time,
      version: 3,
    });
    expect(activities!.map(({ sequence, reason, actor }) => [sequence, reason, actor])).toEqual([
      [2, 'on the phone', mia],
      [3, 'on the phone', mia],
    ]);
  });

  it('is resolved: claimed, ended, completed', () => {
    const { happened, task } = when(aTask({ overdue: true }), 'resolve', mia, { resolution: 'Booked' });
    expect(happened).toEqual([
      ['task.assignment_changed.v1', 'claimedBy'],
      ['task.status_changed.v1', 'status', 'resolvedAt', 'resolution', 'overdue'],
      ['task.completed.v1'],
    ]);
    expect(task).toMatchObject({
      status: 'resolved',
      resolvedAt: context.time,
      resolution: 'Booked',
      overdue: false,
    });
  });

  it('is not taken by a service that starts it', () => {
    expect(when(aTask(), 'start', crm).happened).toEqual([['task.status_changed.v1', 'status', 'startedAt']]);
  });

  it('is given back: to do again, and nobody’s', () => {
    const started = aTask({ claimedBy: 'mia', status: 'in_progress', startedAt: context.time });
    const { happened, task } = when(started, 'release', mia);
    expect(happened).toEqual([
      ['task.assignment_changed.v1', 'claimedBy'],
      ['task.status_changed.v1', 'status', 'startedAt'],
    ]);
    expect(task).toMatchObject({ claimedBy: null, status: 'to_do', startedAt: null });
  });

  it('loses its claim when it is assigned, in one activity', () => {
    const { happened, task } = when(aTask({ claimedBy: 'mia' }), 'assign', lea, {
      assignee: { kind: 'agent', id: 'eli' },
    });
    expect(happened).toEqual([['task.assignment_changed.v1', 'assignee', 'claimedBy']]);
    expect(task).toMatchObject({ assignee: { kind: 'agent', id: 'eli' }, claimedBy: null });
  });
});

describe('a task that nobody has', () => {
  it.each(['claim', 'start', 'resolve'] as const)('becomes that of the agent who does %s', (verb) => {
    const { task } = when(aTask({ assignee: null }), verb, { kind: 'agent', id: 'eli' });
    expect(task).toMatchObject({ assignee: { kind: 'agent', id: 'eli' }, claimedBy: null });
  });
});

describe('an ended task', () => {
  it('is reopened: to do, without claim, start and resolution', () => {
    const ended = aTask({
      status: 'resolved',
      claimedBy: 'mia',
      startedAt: context.time,
      resolvedAt: context.time,
      resolution: 'Booked',
    });
    const { happened, task } = when(ended, 'reopen', mia);
    expect(happened).toEqual([
      ['task.status_changed.v1', 'status', 'claimedBy', 'startedAt', 'resolvedAt', 'resolution'],
    ]);
    expect(task).toMatchObject({ status: 'to_do', claimedBy: null, startedAt: null, resolvedAt: null });
  });

  it('can still be commented on', () => {
    const { activities, task } = when(aTask({ status: 'cancelled' }), 'comment', mia, {
      text: 'He called again',
    });
    expect(activities).toMatchObject([{ type: 'task.commented.v1', text: 'He called again', changes: [] }]);
    expect(task).toMatchObject({ status: 'cancelled', version: 2 });
  });
});

describe('an update', () => {
  it('is one activity for each kind of thing it changes', () => {
    const { happened } = when(aTask(), 'update', crm, {
      priority: 'low',
      due: { at: '2026-03-04T10:00:00.000Z' },
      title: 'Call back today',
      description: 'About the booking',
      type: 'internal',
    });
    expect(happened).toEqual([
      ['task.priority_changed.v1', 'priority'],
      ['task.due_date_changed.v1', 'dueAt'],
      ['task.details_changed.v1', 'title', 'description', 'type'],
    ]);
  });

  it('says nothing of what is as it was', () => {
    expect(
      when(aTask(), 'update', crm, { priority: 'high', title: 'Call back', due: { at: aTask().dueAt } }),
    ).toEqual({
      happened: [],
      activities: [],
      task: aTask(),
    });
  });

  it.each([
    ['a later one', { at: '2026-03-04T10:00:00.000Z' }, false],
    ['none', null, false],
    ['an earlier one', { at: '2026-03-02T10:00:00.000Z' }, true],
  ])('of the due date to %s of an overdue task: overdue is %s', (_, due, overdue) => {
    expect(when(aTask({ overdue: true }), 'update', crm, { due }).task).toMatchObject({ overdue });
  });

  it('whose due date cannot be worked out is refused, with the reason', () => {
    expect(when(aTask(), 'update', crm, { due: { in: 'PT1H', calendar: 'mars' } })).toEqual({
      code: 'invalid_due',
      detail: 'no calendar mars',
    });
  });
});

describe('a command is refused', () => {
  it.each([
    ['for a task there is not', null],
    ['for a task of another conversation', aTask({ conversationId: 'conv-2' })],
  ])('%s', (_, task) => {
    expect(when(task, 'claim', mia)).toMatchObject({
      code: 'task_not_found',
      detail: expect.stringMatching(/conv-1$/),
    });
  });

  it('when the task is at another version than the one seen', () => {
    expect(when(aTask(), 'claim', mia, { expectedVersion: 2 })).toEqual({
      code: 'stale_version',
      detail: `task ${context.derivedTaskId} is at version 1, not 2`,
    });
    expect(when(aTask(), 'claim', mia, { expectedVersion: 1 }).happened).toHaveLength(1);
  });

  it('for a new assignee nobody knows', () => {
    expect(when(aTask(), 'assign', lea, { assignee: { kind: 'agent', id: 'nobody' } })).toMatchObject({
      code: 'unknown_assignee',
    });
  });
});
