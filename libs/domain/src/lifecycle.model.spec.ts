import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { type ModelCommand, OFFICE, tell, type World } from '../../../test/fixtures/lifecycle/model';
import {
  commandOf,
  inWords,
  newWorld,
  type Step,
  steps,
  TENANTS,
  wireOf,
} from '../../../test/fixtures/lifecycle/steps';
import {
  type Calendar,
  type Change,
  decide,
  type DecisionContext,
  evolve,
  personFrom,
  resolveDue,
  type Task,
  type TaskCommand,
} from './index';

jest.setTimeout(60_000);

const CALENDAR: Calendar = { id: 'office', ...OFFICE } as Calendar;
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
  readonly #worlds: Record<string, World> = Object.fromEntries(TENANTS.map((id) => [id, newWorld()]));
  readonly #tasks = new Map<string, Task>();
  #steps = 0;

  /** @returns which command it was and what became of it; nothing when it was none. */
  take(step: Step): string | undefined {
    const world = this.#worlds[step.tenant]!;
    if (step.do === 'person') {
      if (step.become) world.people[step.id] = step.become;
      else delete world.people[step.id];
      return undefined;
    }
    const asked = commandOf(step, world, () => `derived-${(this.#steps += 1)}`);
    const key = `${asked.tenantId} ${asked.taskId}`;
    const before = this.#tasks.get(key) ?? null;
    const decision = decide(wireOf(asked) as unknown as TaskCommand, before, contextOf(asked, world));
    const expected = tell(asked, world);
    if ('rejection' in decision || 'refused' in expected) {
      expect('rejection' in decision ? { refused: decision.rejection.code } : decision).toEqual(expected);
      return `${asked.verb}: ${'refused' in expected ? expected.refused : 'applied'}`;
    }
    const { activities } = decision;
    let task = before;
    const mistaken: Change[] = [];
    for (const activity of activities) {
      mistaken.push(...activity.changes.filter((change) => !isTrueOf(task, change)));
      task = evolve(task, activity);
    }
    const { actor, time } = asked;
    const reason = asked.verb === 'create' ? undefined : asked.reason;
    // In one expectation: there are tens of thousands, and each costs what two decisions do.
    expect({
      ...{ happened: activities.map(({ type }) => type), task, mistaken },
      said: activities.map(({ actor, time, reason, cause }) => ({ actor, time, reason, cause })),
    }).toEqual({
      ...{ ...expected, mistaken: [] },
      said: activities.map(() => ({ actor, time, reason, cause: CAUSE })),
    });
    this.#tasks.set(key, task!);
    return `${asked.verb}: applied`;
  }
}

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
    const outcomes: (string | undefined)[] = [];
    const asCommand = (step: Step): fc.Command<object, Run> => ({
      check: () => true,
      run: (_, run) => void outcomes.push(run.take(step)),
      toString: () => `\n  ${inWords(step)}`,
    });
    fc.assert(
      fc.property(fc.commands([steps.map(asCommand)], { maxCommands: 120, size: 'max' }), (story) =>
        fc.modelRun(() => ({ model: {}, real: new Run() }), story),
      ),
      { numRuns: 800, seed: 20261126 },
    );
    const seen = outcomes.filter((outcome) => outcome !== undefined);
    const possible = Object.entries(OUTCOMES).flatMap(([verb, codes]) =>
      ['applied', ...codes].map((outcome) => `${verb}: ${outcome}`),
    );
    expect([...new Set(seen)].sort()).toEqual(possible.sort());
    expect(seen.length).toBeGreaterThan(30_000);
  });
});
