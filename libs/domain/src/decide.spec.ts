import { aContext, aTask } from './decide.fixture';
import { decide, evolve, taskIdOf, type CreateTask, type Task } from './index';

const identity = { tenantId: 'acme', source: '/crm', id: 'e-1', time: '2026-03-01T10:00:00.000Z' };
const context = aContext({ time: identity.time, derivedTaskId: taskIdOf(identity) });

const create = (data: Partial<CreateTask['data']> = {}): CreateTask => ({
  type: 'task.create.v1',
  data: {
    type: 'follow_up',
    priority: 'high',
    title: 'Call back',
    actor: { kind: 'agent', id: 'eli' },
    ...data,
  },
});

const given = (task: Task | null) => ({
  when: (command: Parameters<typeof decide>[0]) => {
    const decision = decide(command, task, context);
    return {
      then: (expectation: (activities: NonNullable<ReturnType<typeof activitiesOf>>) => void) =>
        expectation(activitiesOf(decision)!),
      thenRejected: (code: string, detail: RegExp) => {
        expect(decision).toEqual({ rejection: { code, detail: expect.stringMatching(detail) } });
      },
    };
  },
});
const activitiesOf = (decision: ReturnType<typeof decide>) =>
  'activities' in decision ? decision.activities : undefined;

describe('task.create.v1', () => {
  it('creates the task under the id derived from the event', () => {
    given(null)
      .when(create({ due: { at: '2026-03-02T10:00:00.000Z' }, assignee: { kind: 'team', id: 'risk' } }))
      .then(([activity]) => {
        expect(activity).toMatchObject({
          type: 'task.created.v1',
          sequence: 1,
          taskId: context.derivedTaskId,
        });
        expect(evolve(null, activity!)).toEqual(
          aTask({
            ...{ id: context.derivedTaskId, assignee: { kind: 'team', id: 'risk' } },
            ...{ dueAt: '2026-03-02T10:00:00.000Z', createdBy: { kind: 'agent', id: 'eli' } },
          }),
        );
      });
  });

  it('takes the id its sender chose, in its canonical lower case', () => {
    given(null)
      .when(create({ taskId: 'ABCDEF00-0000-4000-8000-000000000001' }))
      .then(([activity]) => expect(activity!.taskId).toBe('abcdef00-0000-4000-8000-000000000001'));
  });

  it('is refused when the task exists', () => {
    const existing = evolve(null, activitiesOf(decide(create(), null, context))![0]!);
    given(existing)
      .when(create())
      .thenRejected('task_exists', /exists already, in conversation conv-1/);
  });

  it('is refused for an assignee nobody knows, by name', () => {
    given(null)
      .when(create({ assignee: { kind: 'agent', id: 'nobody' } }))
      .thenRejected('unknown_assignee', /agent 'nobody'/);
  });

  it('is refused when its due date cannot be worked out, with the reason', () => {
    given(null)
      .when(create({ due: { in: 'PT1H', calendar: 'mars' } }))
      .thenRejected('invalid_due', /no calendar mars/);
  });
});

describe('evolve', () => {
  it('refuses an activity that does not follow', () => {
    const [created] = activitiesOf(decide(create(), null, context))!;
    const task = evolve(null, created!);
    expect(() => evolve(task, created!)).toThrow(/does not follow version 1/);
    expect(() => evolve(null, { ...created!, sequence: 2 })).toThrow(/does not follow version 0/);
  });
});

describe('derived task ids', () => {
  it('are UUIDs of version 8 that begin with the event’s time', () => {
    const id = taskIdOf(identity);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(parseInt(id.replace(/-/g, '').slice(0, 12), 16)).toBe(Date.parse(identity.time));
  });

  it('tell apart every part of an identity', () => {
    const ids = [
      taskIdOf(identity),
      taskIdOf({ ...identity, tenantId: 'acme2' }),
      taskIdOf({ ...identity, source: '/crm2' }),
      taskIdOf({ ...identity, id: 'e-2' }),
      taskIdOf(identity, { flow: 'f', node: 'n', ordinal: 0 }),
      taskIdOf(identity, { flow: 'f', node: 'n', ordinal: 1 }),
      taskIdOf(identity, { flow: 'f', node: 'm', ordinal: 0 }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
