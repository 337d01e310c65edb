import {
  type Activity,
  type ChangeTask,
  decide,
  type DecisionContext,
  decideTimer,
  evolveRecord,
  timePolicyOf,
  type TaskRecord,
  timersOf,
} from './index';

const NO_POLICY = timePolicyOf(null, new Map());
const CREATED_AT = '2026-03-02T10:00:00.000Z';
const DUE = '2026-03-02T18:00:00.000Z';

const contextAt = (time: string): DecisionContext => ({
  tenantId: 'acme',
  conversationId: 'conv-1',
  channel: 'call',
  time,
  cause: { source: '/desk', id: time },
  derivedTaskId: '11111111-1111-4111-8111-111111111111',
  assigneeExists: () => true,
  person: (id) => ({ id, availability: 'available', isLead: false, teams: ['bookings'] }),
  resolveDue: (due) => ({ ok: true, at: 'at' in due ? due.at : DUE }),
});

/** A task with what its activities fold to, after each command in turn. */
class Life {
  record: TaskRecord | null = null;
  readonly said: Activity[] = [];

  constructor(private readonly timePolicy = NO_POLICY) {}

  create(due: string | null = DUE, priority: 'high' | 'low' = 'high'): this {
    const data = {
      type: 'follow_up' as const,
      priority,
      title: 'Call back',
      assignee: { kind: 'team' as const, id: 'bookings' },
      due: due === null ? null : { at: due },
      actor: { kind: 'ai_agent' as const, id: 'bot' },
    };
    return this.#decide({ type: 'task.create.v1', data }, CREATED_AT);
  }

  do(type: ChangeTask['type'], time: string, data: object = {}, agent = 'mia'): this {
    const actor = { kind: 'agent' as const, id: agent };
    const command = { type, data: { taskId: 'x', actor, ...data } } as ChangeTask;
    return this.#decide(command, time);
  }

  /** Lets time pass: every timer due by then fires, one after another. */
  until(time: string): this {
    for (;;) {
      const [timer] = timersOf(this.record!, this.timePolicy);
      if (!timer || timer.at > time) return this;
      this.#fold(decideTimer(timer, this.record!, this.timePolicy));
    }
  }

  get timers(): string[] {
    return timersOf(this.record!, this.timePolicy).map(({ kind, at, setBy }) => `${kind} ${at} ${setBy}`);
  }

  get told(): string[] {
    return this.said.map(({ sequence, type, time }) => `${sequence} ${type} ${time}`);
  }

  #decide(command: Parameters<typeof decide>[0], time: string): this {
    const decision = decide(command, this.record?.task ?? null, contextAt(time));
    if ('rejection' in decision) throw new Error(decision.rejection.detail);
    return this.#fold(decision.activities);
  }

  #fold(activities: Activity[]): this {
    for (const activity of activities) {
      this.record = evolveRecord(this.record, activity);
      this.said.push(activity);
    }
    return this;
  }
}

describe('a task that is due', () => {
  test('is due soon ahead of it, then overdue, each once, at the moments themselves', () => {
    const life = new Life().create().until('2026-03-02T17:00:00.000Z').until('2026-03-02T17:59:59.999Z');
    expect(life.told.slice(1)).toEqual(['2 task.due_soon.v1 2026-03-02T17:00:00.000Z']);
    expect(life.record!.task.overdue).toBe(false);
    life.until(DUE).until('2027-01-01T00:00:00.000Z');
    expect(life.told.slice(2)).toEqual([`3 task.overdue.v1 ${DUE}`]);
    expect(life.record!.task.overdue).toBe(true);
    expect(life.said[2]).toMatchObject({
      actor: { kind: 'system', id: 'timers' },
      changes: [{ field: 'overdue', from: false, to: true }],
      cause: {
        source: '/conversation-tasks/timers',
        id: '11111111-1111-4111-8111-111111111111:overdue:1',
      },
    });
  });

  test('is said both of, in order, however late it is noticed', () => {
    const life = new Life().create().until('2030-01-01T00:00:00.000Z');
    expect(life.told.slice(1)).toEqual([
      '2 task.due_soon.v1 2026-03-02T17:00:00.000Z',
      `3 task.overdue.v1 ${DUE}`,
    ]);
  });

  test('has no timers without a date, nor once it has ended', () => {
    expect(new Life().create(null).timers).toEqual([]);
    expect(new Life().create().do('task.resolve.v1', CREATED_AT).timers).toEqual([]);
    expect(new Life().create().do('task.cancel.v1', CREATED_AT, {}, 'mia').timers).toEqual([]);
  });

  test('that is reopened is said to be overdue if it was not before, and not a second time if it was', () => {
    const inTime = new Life().create().do('task.resolve.v1', CREATED_AT).until('2030-01-01T00:00:00.000Z');
    expect(inTime.told.filter((line) => line.includes('due'))).toEqual([]);
    inTime.do('task.reopen.v1', '2026-03-03T00:00:00.000Z').until('2026-03-03T00:00:00.000Z');
    expect(inTime.record!.task.overdue).toBe(true);

    const late = new Life().create().until(DUE).do('task.resolve.v1', '2026-03-02T19:00:00.000Z');
    expect(late.record!.task.overdue).toBe(false);
    late.do('task.reopen.v1', '2026-03-02T20:00:00.000Z');
    expect(late.timers).toEqual([]);
  });

  test.each([
    ['later', '2026-03-03T18:00:00.000Z', false],
    ['earlier', '2026-03-02T12:00:00.000Z', true],
  ])('and gets a %s date has timers of that date, said again each', (_, at, overdue) => {
    const life = new Life().create().until('2026-03-02T18:30:00.000Z');
    life.do('task.update.v1', '2026-03-02T18:31:00.000Z', { due: { at } });
    expect(life.record!.task.overdue).toBe(overdue);
    expect(life.timers.map((timer) => timer.slice(-1))).toEqual(['4', '4']);
    life.until('2030-01-01T00:00:00.000Z');
    expect(life.told.slice(4).map((line) => line.split(' ')[1])).toEqual([
      'task.due_soon.v1',
      'task.overdue.v1',
    ]);
    expect(life.record!.task.overdue).toBe(true);
  });

  test('is due soon ahead by its priority, by the policy, and by its team’s settings', () => {
    const at = (life: Life): string => life.timers[0]!.split(' ')[1]!.slice(11, 16);
    expect([at(new Life().create()), at(new Life().create(DUE, 'low'))]).toEqual(['17:00', '14:00']);
    const policy = { dueSoon: { before: 'P1D', byPriority: { high: 'PT30M', low: null } } };
    const byPolicy = timePolicyOf(policy, new Map([['bookings', {}]]));
    expect([at(new Life(byPolicy).create()), at(new Life(byPolicy).create(DUE, 'low'))]).toEqual([
      '17:30',
      '18:00',
    ]);
    const byTeam = timePolicyOf(policy, new Map([['bookings', { dueSoon: { before: 'PT5M' } }]]));
    expect(at(new Life(byTeam).create())).toBe('17:55');
    const never = timePolicyOf({ dueSoon: { before: 'PT0S' } }, new Map());
    expect(new Life(never).create().timers).toEqual([`overdue ${DUE} 1`]);
  });
});

describe('a claim with a lease', () => {
  const LEASE = timePolicyOf(null, new Map([['bookings', { claims: { idleFor: 'PT30M' } }]]));

  test('goes back to the team when its holder was idle for so long', () => {
    const life = new Life(LEASE).create(null).do('task.start.v1', '2026-03-02T11:00:00.000Z');
    expect(life.timers).toEqual(['lease 2026-03-02T11:30:00.000Z 3']);
    life.until('2026-03-02T11:30:00.000Z');
    expect(life.record!.task).toMatchObject({ status: 'to_do', claimedBy: null, startedAt: null });
    expect(life.said.slice(-2)).toMatchObject([
      {
        type: 'task.assignment_changed.v1',
        reason: 'the claim was idle for PT30M',
        changes: [{ field: 'claimedBy', from: 'mia', to: null }],
      },
      { type: 'task.status_changed.v1' },
    ]);
    expect(life.timers).toEqual([]);
  });

  test('lasts from the holder’s last activity; nobody else’s prolongs it', () => {
    const life = new Life(LEASE).create(null).do('task.claim.v1', '2026-03-02T11:00:00.000Z');
    life.do('task.comment.v1', '2026-03-02T11:10:00.000Z', { text: 'trying' });
    life.do('task.comment.v1', '2026-03-02T11:20:00.000Z', { text: 'and?' }, 'max');
    expect(life.timers).toEqual(['lease 2026-03-02T11:40:00.000Z 3']);
  });

  test('is of teams’ tasks with the setting alone', () => {
    const life = new Life().create(null).do('task.claim.v1', '2026-03-02T11:00:00.000Z');
    expect(life.timers).toEqual([]);
  });
});
