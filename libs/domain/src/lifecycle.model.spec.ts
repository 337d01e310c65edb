import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { tick } from '../../../test/fixtures/lifecycle/clock';
import { OFFICE, tell } from '../../../test/fixtures/lifecycle/model';
import {
  commandOf,
  inWords,
  newWorld,
  type Paces,
  paces,
  type Step,
  steps,
  TENANTS,
  timeAt,
  wireOf,
} from '../../../test/fixtures/lifecycle/steps';
import { type ModelCommand, type ModelTask, type World } from '../../../test/fixtures/lifecycle/world';
import {
  type Calendar,
  type Activity,
  type Change,
  decide,
  decideTimer,
  type DecisionContext,
  evolveRecord,
  pacingOf,
  personFrom,
  resolveDue,
  type Task,
  type TaskRecord,
  timersOf,
  type TaskCommand,
} from './index';

jest.setTimeout(60_000);

const CALENDAR: Calendar = { id: 'office', ...OFFICE } as Calendar;
const TIMERS = { kind: 'system', id: 'timers' };
const CAUSE = { source: '/desk', id: 'the command' };
const REFUSALS = {
  exists: ['task_not_found', 'stale_version', 'not_allowed', 'illegal_transition'],
  free: ['already_claimed'],
  able: ['not_available'],
};
/** All that can become of each command: a run that does not see every one of them has not looked far enough. */
const OUTCOMES: Record<ModelCommand['verb'], string[]> = {
  create: ['task_exists', 'unknown_assignee', 'invalid_due'],
  assign: [...REFUSALS.exists, ...REFUSALS.free, 'unknown_assignee'],
  claim: [...REFUSALS.exists, ...REFUSALS.free, ...REFUSALS.able],
  release: [...REFUSALS.exists, ...REFUSALS.free],
  start: [...REFUSALS.exists, ...REFUSALS.free, ...REFUSALS.able],
  resolve: [...REFUSALS.exists, ...REFUSALS.free, ...REFUSALS.able],
  reopen: REFUSALS.exists,
  cancel: [...REFUSALS.exists, ...REFUSALS.free],
  update: [...REFUSALS.exists, 'invalid_due'],
  comment: ['task_not_found', 'stale_version', 'not_allowed'],
};

/** The tasks of the domain beside the worlds of the model. */
class Run {
  readonly #worlds: Record<string, World>;
  readonly #records = new Map<string, TaskRecord>();
  #steps = 0;

  constructor(private readonly paces: Paces) {
    this.#worlds = Object.fromEntries(TENANTS.map((id) => [id, newWorld(paces)]));
  }

  /** @returns what happened, in a few words. */
  take(step: Step): string[] {
    const world = this.#worlds[step.tenant]!;
    switch (step.do) {
      case 'person':
        if (step.become) world.people[step.id] = step.become;
        else delete world.people[step.id];
        return [];
      case 'clock':
        return this.#tick(timeAt(step.minute));
      case 'command':
        return [this.#ask(commandOf(step, world, () => `derived-${(this.#steps += 1)}`))];
    }
  }

  #ask(asked: ModelCommand): string {
    const world = this.#worlds[asked.tenantId]!;
    const key = `${asked.tenantId} ${asked.taskId}`;
    const before = this.#records.get(key) ?? null;
    const command = wireOf(asked) as unknown as TaskCommand;
    const decision = decide(command, before?.task ?? null, contextOf(asked, world));
    const expected = tell(asked, world);
    if ('rejection' in decision || 'refused' in expected) {
      expect('rejection' in decision ? { refused: decision.rejection.code } : decision).toEqual(expected);
      return `${asked.verb}: ${'refused' in expected ? expected.refused : 'applied'}`;
    }
    const reason = asked.verb === 'create' ? undefined : asked.reason;
    const { actor, time } = asked;
    this.#fold(key, decision.activities, expected.task, [
      { happened: expected.happened, actor, time, reason, cause: CAUSE },
    ]);
    return `${asked.verb}: applied`;
  }

  /** All that is due by then fires, of each task one after the other. */
  #tick(until: string): string[] {
    const pacing = pacingOf(this.paces.policy, new Map(Object.entries(this.paces)) as never);
    return TENANTS.flatMap((tenant) => {
      const world = this.#worlds[tenant]!;
      const fired = tick(until, world);
      for (const [id, task] of Object.entries(world.tasks)) {
        const key = `${tenant} ${id}`;
        let record = this.#records.get(key)!;
        const activities: Activity[] = [];
        for (let timer; (timer = timersOf(record, pacing)[0]) && timer.at <= until;) {
          const decided = decideTimer(timer, record, pacing);
          activities.push(...decided);
          record = decided.reduce<TaskRecord>(evolveRecord, record);
        }
        const own = fired.filter((each) => each.id.startsWith(`${id}:`));
        if (own.length + activities.length === 0) continue;
        const told = own.map(({ happened, at: time, reason, ...cause }) => ({
          ...{ happened, time, reason, actor: TIMERS },
          cause: { source: '/conversation-tasks/timers', id: cause.id },
        }));
        this.#fold(key, activities, task, told);
      }
      return fired.flatMap(({ happened }) => happened);
    });
  }

  /** Lets activities happen to a task, which then is as the model has it. */
  #fold(key: string, activities: readonly Activity[], expected: ModelTask, told: readonly Told[]): void {
    let record = this.#records.get(key) ?? null;
    const mistaken: Change[] = [];
    for (const activity of activities) {
      mistaken.push(...activity.changes.filter((change) => !isTrueOf(record?.task ?? null, change)));
      record = evolveRecord(record, activity);
    }
    // In one expectation: there are tens of thousands, and each costs what two decisions do.
    expect({
      ...{ task: record!.task, mistaken },
      said: activities.map(({ type, actor, time, reason, cause }) => ({ type, actor, time, reason, cause })),
    }).toEqual({
      ...{ task: expected, mistaken: [] },
      said: told.flatMap(({ happened, ...rest }) => happened.map((type) => ({ type, ...rest }))),
    });
    this.#records.set(key, record!);
  }
}

/** Activities that are of one cause, and so say the same of who, when and why. */
type Told = { happened: string[] } & Pick<Activity, 'time' | 'reason' | 'cause'> & { actor: object };

/** Whether it says what was there before, and something else now. */
function isTrueOf(task: Task | null, { field, from, to }: Change): boolean {
  return isDeepStrictEqual(from, task?.[field] ?? null) && !isDeepStrictEqual(from, to);
}

function contextOf({ tenantId, conversationId, time, taskId }: ModelCommand, world: World): DecisionContext {
  return {
    ...{ tenantId, conversationId, time, channel: 'call', cause: CAUSE },
    derivedTaskId: taskId,
    assigneeExists: ({ kind, id }) => id in (kind === 'team' ? world.teams : world.people),
    person: (id) => (world.people[id] ? personFrom(id, { ...world.people[id] }) : null),
    resolveDue: (due) => resolveDue(due, time, (id) => (id === 'office' ? CALENDAR : undefined)),
  };
}

describe('whatever is asked, by whomever, whenever', () => {
  it('the domain decides as the model does, and leaves the same tasks behind', () => {
    const seen: string[] = [];
    const asCommand = (step: Step): fc.Command<object, Run> => ({
      check: () => true,
      run: (_, run) => void seen.push(...run.take(step)),
      toString: () => `\n  ${inWords(step)}`,
    });
    fc.assert(
      fc.property(
        fc.commands([steps.map(asCommand)], { maxCommands: 120, size: 'max' }),
        paces,
        (story, own) => fc.modelRun(() => ({ model: {}, real: new Run(own) }), story),
      ),
      { numRuns: 500, seed: 20261126 },
    );
    const possible = Object.entries(OUTCOMES).flatMap(([verb, codes]) =>
      ['applied', ...codes].map((outcome) => `${verb}: ${outcome}`),
    );
    const timed = [
      'task.assignment_changed.v1',
      'task.due_soon.v1',
      'task.overdue.v1',
      'task.status_changed.v1',
    ];
    expect([...new Set(seen)].sort()).toEqual([...possible, ...timed].sort());
    expect(seen.length).toBeGreaterThan(20_000);
  });
});
