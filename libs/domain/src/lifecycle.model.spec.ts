import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { turn } from '../../../test/fixtures/lifecycle/absence';
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
import {
  type Followed,
  type ModelCommand,
  type ModelTask,
  type World,
} from '../../../test/fixtures/lifecycle/world';
import {
  type Calendar,
  type Activity,
  type Change,
  absenceOf,
  decide,
  decideAbsence,
  decideTimer,
  type DecisionContext,
  evolveRecord,
  timePolicyOf,
  personFrom,
  resolveDue,
  type Task,
  type TaskRecord,
  timersOf,
  type TimePolicy,
  type TaskCommand,
} from './index';

const CALENDAR: Calendar = { id: 'office', ...OFFICE } as Calendar;
const WORKFORCE = { kind: 'system', id: 'workforce' };
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
  readonly #timePolicy: TimePolicy;
  readonly #records = new Map<string, TaskRecord>();
  #steps = 0;

  constructor(paces: Paces) {
    const { policy, ...teams } = paces;
    this.#timePolicy = timePolicyOf(policy, new Map(Object.entries(teams)));
    this.#worlds = Object.fromEntries(TENANTS.map((id) => [id, newWorld(paces)]));
  }

  /** @returns what happened, in a few words. */
  take(step: Step): string[] {
    const world = this.#worlds[step.tenant]!;
    switch (step.do) {
      case 'person':
        return this.#turn(step, timeAt(step.minute));
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
    const { reason } = asked;
    const { actor, time } = asked;
    this.#fold(key, decision.activities, expected.task, [
      { happened: expected.happened, actor, time, reason, cause: CAUSE },
    ]);
    return `${asked.verb}: applied`;
  }

  /** What is said of the claims of somebody who becomes another. */
  #turn({ tenant, id, become }: Extract<Step, { do: 'person' }>, time: string): string[] {
    const world = this.#worlds[tenant]!;
    const followed = turn(id, become, time, world);
    return this.#follow(tenant, followed, { actor: WORKFORCE, cause: () => CAUSE }, (record) => {
      const absence =
        record.task.claimedBy === id ? absenceOf(record, become && personFrom(id, { ...become })) : null;
      const occasion = { time, cause: CAUSE };
      return absence ? decideAbsence(absence, record, this.#timePolicy, occasion) : [];
    });
  }

  /** All that is due by then fires, of each task one after the other. */
  #tick(until: string): string[] {
    return TENANTS.flatMap((tenant) => {
      const followed = tick(until, this.#worlds[tenant]!);
      const cause = ({ timer }: Followed) => ({ source: '/conversation-tasks/timers', id: timer! });
      return this.#follow(tenant, followed, { actor: TIMERS, cause }, (record) => {
        const [timer] = timersOf(record, this.#timePolicy);
        return timer && timer.at <= until ? decideTimer(timer, record, this.#timePolicy) : [];
      });
    });
  }

  /** @param decide what happens next to a task without a command; asked until that is nothing. */
  #follow(
    tenant: string,
    followed: readonly Followed[],
    by: { actor: object; cause(followed: Followed): Activity['cause'] },
    decide: (record: TaskRecord) => Activity[],
  ): string[] {
    for (const task of Object.values(this.#worlds[tenant]!.tasks)) {
      const key = `${tenant} ${task.id}`;
      const activities: Activity[] = [];
      let record = this.#records.get(key)!;
      for (let decided; (decided = decide(record)).length > 0;) {
        activities.push(...decided);
        record = decided.reduce<TaskRecord>(evolveRecord, record);
      }
      const told = followed
        .filter(({ taskId }) => taskId === task.id)
        .map((own) => ({
          ...by,
          happened: own.happened,
          time: own.at,
          reason: own.reason,
          cause: by.cause(own),
        }));
      if (told.length + activities.length > 0) this.#fold(key, activities, task, told);
    }
    return followed.flatMap(({ happened, timer }) =>
      happened.map((type) => `${timer ? 'timer' : 'workforce'}: ${type}`),
    );
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
      { numRuns: 700, seed: 1 },
    );
    const possible = Object.entries(OUTCOMES).flatMap(([verb, codes]) =>
      ['applied', ...codes].map((outcome) => `${verb}: ${outcome}`),
    );
    const followed = [
      ...['timer: task.due_soon.v1', 'timer: task.overdue.v1'],
      ...['timer', 'workforce'].flatMap((by) => [
        `${by}: task.assignment_changed.v1`,
        `${by}: task.status_changed.v1`,
      ]),
    ];
    expect([...new Set(seen)].sort()).toEqual([...possible, ...followed].sort());
    expect(seen.length).toBeGreaterThan(30_000);
  });
});
