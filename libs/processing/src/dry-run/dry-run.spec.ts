import { compileFlow, type CompiledFlow } from '#libs/flows';
import { anEvent, MemoryShardStore } from '#libs/testing';
import { factsOf } from '../conversation-facts';
import { type InboundEvent } from '../inbound-event';
import { TenantDirectory } from '../tenant-directory';
import { dryRun, type DryRunBounds, type DryRunProgress } from './dry-run';
import { type DryRunResult } from './dry-run.report';
import { placeDraft } from './placed-draft';
import { type StoredOutcome } from './stored-outcome';

const T = '2026-03-02T10:00:00.000Z';
const BOUNDS: DryRunBounds = { since: null, limit: 100, seconds: 10, samples: 5 };

const flowOf = (id: string, ...nodes: object[]) => ({
  ...{ id, name: id, on: { type: 'conversation.outcome.v1' } },
  nodes: nodes.map((node, i) => ({
    ...{ id: `n${i}`, kind: 'create_task', task: { type: 'internal', title: 'T' } },
    ...node,
  })),
});
/** Spends some 100,000 units, and is taken as false. */
const COSTLY = 'outcome.items.all(a, outcome.items.all(b, true))';

/** Stored outcomes with such data, the latest first, each with its conversation. */
const outcomes = (...data: object[]): StoredOutcome[] =>
  data.map((each, i) => outcome({ flowId: 'f', intent: 'i', result: 'r', ...each }, { id: `o-${i}` }));

function outcome(
  data: { flowId: string; intent: string; result: string },
  differences: Partial<InboundEvent> = {},
): StoredOutcome {
  const body = { type: 'conversation.outcome.v1' as const, data };
  const event = { ...anEvent(body, { time: T, ...differences }), body };
  return { event, conversation: factsOf(event) };
}

interface World {
  stored?: StoredOutcome[];
  live?: { id: string }[];
  bounds?: Partial<DryRunBounds>;
  signal?: AbortSignal;
  /** Milliseconds that the clock has gone on whenever it is looked at. */
  tick?: number;
  onProgress?(progress: DryRunProgress): void;
}

async function place(definition: object, live: { id: string }[] = []) {
  const compiled = compileFlow(definition);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  const store = new MemoryShardStore();
  store.flowsOf.set(
    'acme',
    live.map((flow) => ({ id: flow.id, version: 3, definition: flow })),
  );
  store.workforceOf.set('acme', [
    { kind: 'team', id: 'bookings', body: {} },
    { kind: 'team', id: 'hotels', body: {} },
    { kind: 'agent', id: 'bookings', body: { name: 'B' } },
  ]);
  return placeDraft(
    'acme',
    compiled.flow,
    { read: (tenant, work) => store.inShard(0, [tenant], work) },
    new TenantDirectory(),
  );
}

async function tried(draft: object, world: World = {}): Promise<DryRunResult> {
  const { stored = outcomes({}), live = [], bounds, signal, tick = 0, onProgress } = world;
  const placing = await place(draft, live);
  if (!placing.ok) throw new Error(placing.problem.message);
  const source = {
    count: (_tenant: string, _since: string | null, most: number) =>
      Promise.resolve(Math.min(stored.length, most)),
    async *latestFirst() {
      yield* await Promise.resolve(stored);
    },
  };
  let now = 0;
  return dryRun(
    placing.placed,
    source,
    { ...BOUNDS, ...bounds },
    { onProgress: (progress) => onProgress?.(progress), signal: signal ?? new AbortController().signal },
    () => (now += tick),
  );
}

describe('a draft', () => {
  it('is compared with the live version node by node, and only with that flow', async () => {
    const live = [flowOf('a', {}), flowOf('f', { id: 'one' }, { id: 'two' }), flowOf('z', {})];
    const draft = flowOf('f', { id: 'two', when: 'outcome.x' }, { id: 'three' });
    const { difference, ...result } = await tried(draft, {
      live,
      stored: outcomes({ x: true }, { x: false }, {}),
    });
    expect(result).toMatchObject({ draft: { tasks: 4, warnings: 1 }, live: { version: 3, tasks: 6 } });
    expect(difference).toMatchObject({ onlyDraft: 3, onlyLive: 5, changed: 0, same: 1 });
  });

  it.each([
    ['type', { type: 'follow_up' }],
    ['priority', { priority: 'high' }],
    ['title', { title: 'U' }],
    ['description', { description: 'D' }],
    ['assignee', { assignee: { kind: 'team', id: 'bookings' } }],
    ['dueAt', { due: { in: 'PT1H' } }],
  ])('that gives tasks another %s is said to', async (field, change) => {
    const other = flowOf('f', { task: { type: 'internal', title: 'T', ...change } });
    const { difference, samples } = await tried(other, { live: [flowOf('f', {})] });
    expect(difference).toMatchObject({ changed: 1, same: 0, changedFields: [{ field, tasks: 1 }] });
    expect(samples).toMatchObject([{ kind: 'changed', fields: [field] }]);
  });

  it.each([
    [{ kind: 'agent', id: 'bookings' }, 1],
    [{ kind: 'team', id: 'hotels' }, 1],
    [{ kind: 'team', id: 'bookings' }, 0],
    [null, 1],
  ])('that gives a task of team bookings to %j changes %i', async (assignee, changed) => {
    const [before, after] = [{ kind: 'team', id: 'bookings' }, assignee].map((whose) =>
      flowOf('f', { task: { type: 'internal', title: 'T', assignee: whose } }),
    );
    const { difference } = await tried(after!, { live: [before as { id: string }] });
    expect(difference).toMatchObject({ changed, same: 1 - changed });
  });

  it('is tried on the outcomes of its channels only, and the live version on those of its own', async () => {
    const draft = { ...flowOf('f', {}), on: { type: 'conversation.outcome.v1', channels: ['message'] } };
    const live = { ...flowOf('f', {}), on: { type: 'conversation.outcome.v1', channels: ['call'] } };
    const stored = (['call', 'call', 'message', 'whatsapp'] as const).map((channel, i) =>
      outcome({ flowId: 'f', intent: 'i', result: 'r' }, { id: `o-${i}`, channel }),
    );
    expect(await tried(draft, { live: [live], stored })).toMatchObject({
      ...{ outcomes: 4, difference: { onlyDraft: 1, onlyLive: 2 } },
      draft: { byChannel: { call: 0, message: 1, whatsapp: 0 } },
      live: { byChannel: { call: 2, message: 0, whatsapp: 0 } },
    });
  });

  it('that is the live version differs in nothing', async () => {
    const flow = flowOf('f', { task: { type: 'internal', title: 'T', due: { in: 'PT1H' } } });
    expect((await tried(flow, { live: [flow] })).difference).toEqual({
      ...{ onlyDraft: 0, onlyLive: 0, changed: 0, same: 1, changedFields: [] },
    });
  });

  it('beside a live version that cannot be read is tried all the same, and the problem told', async () => {
    const { live, draft } = await tried(flowOf('f', {}), { live: [{ id: 'f' }] });
    expect([draft.tasks, live!.tasks, live!.problem]).toEqual([
      1,
      0,
      expect.stringContaining("flow 'f' version 3"),
    ]);
  });

  it('with which the tenant would have too many nodes is refused', async () => {
    const live = Array.from({ length: 10 }, (_, i) =>
      flowOf(`f${i}`, ...Array.from({ length: 50 }, (_node, n) => ({ id: `n${n}` }))),
    );
    expect(await place(flowOf('g', {}), live)).toMatchObject({ ok: false, problem: { path: 'nodes' } });
    expect(await place(flowOf('f1', {}), live)).toMatchObject({ ok: true });
  });
});

describe('evaluating', () => {
  it('goes by the event’s time: its conversation has not ended before it has', async () => {
    const task = { type: 'internal', title: "{{ conversation.endedAt | default: 'goes on' }}" };
    const [stored] = outcomes({}) as [StoredOutcome];
    const ending = (endedAt: string): StoredOutcome => ({
      ...stored,
      conversation: { ...stored.conversation, endedAt, endReason: 'x' },
    });
    const ends = [ending('2026-03-02T10:00:00.001Z'), ending('2026-03-02T10:00:00.000Z')];
    const { samples } = await tried(flowOf('f', { task }), { stored: ends });
    expect(samples.map(({ draft }) => draft!.task!.title)).toEqual(['goes on', '2026-03-02T10:00:00.000Z']);
  });

  it('has what flows before it leave of an event’s budget, and so has the live version', async () => {
    // Six nodes spend all that is shared, five leave some.
    const greedy = (id: string, nodes: number) =>
      flowOf(id, ...Array.from({ length: nodes }, (_, i) => ({ id: `n${i}`, when: COSTLY })));
    const when = 'outcome.items.all(a, a + a + a + a == 4)';
    const flow = flowOf('f', ...Array.from({ length: 20 }, (_, i) => ({ id: `n${i}`, when })));
    const stored = outcomes({ items: Array<number>(1_000).fill(1) });
    const made = async (...others: { id: string }[]) => {
      const { draft, difference } = await tried(flow, { stored, live: [...others, flow] });
      expect(difference).toMatchObject({ onlyDraft: 0, onlyLive: 0, same: draft.tasks });
      return draft.tasks;
    };
    expect(await made()).toBe(20);
    expect(await made(greedy('z', 6))).toBe(20);
    expect(await made(greedy('a', 6))).toBe(0);
    const some = await made(greedy('a', 5));
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(20);
  });

  it('lets others have their turn', async () => {
    let turns = 0;
    const count = setInterval(() => (turns += 1), 0);
    const placing = await place(
      flowOf('f', ...Array.from({ length: 5 }, (_, i) => ({ id: `n${i}`, when: COSTLY }))),
    );
    if (!placing.ok) throw new Error('refused');
    const stored = outcomes(...Array.from({ length: 8 }, () => ({ items: Array<number>(1_000).fill(1) })));
    const source = {
      count: () => Promise.resolve(8),
      async *latestFirst() {
        yield* await Promise.resolve(stored);
      },
    };
    await dryRun(placing.placed, source, BOUNDS, {
      onProgress: () => undefined,
      signal: new AbortController().signal,
    });
    clearInterval(count);
    expect(turns).toBeGreaterThanOrEqual(4);
  });
});

describe('bounds', () => {
  const ten = outcomes(...Array.from({ length: 10 }, () => ({})));

  it.each([
    [3, 3, 'limit'],
    [10, 10, null],
    [11, 10, null],
  ])('with a limit of %i it looks at %i', async (limit, looked, cutShortBy) => {
    const { outcomes: looks, ...result } = await tried(flowOf('f', {}), { stored: ten, bounds: { limit } });
    expect([looks, result.cutShortBy, result.draft.tasks]).toEqual([looked, cutShortBy, looked]);
  });

  it('ends when its time is up, with what it has', async () => {
    const { outcomes: looked, cutShortBy } = await tried(flowOf('f', {}), {
      ...{ stored: ten, bounds: { seconds: 1 }, tick: 100 },
    });
    expect(cutShortBy).toBe('time');
    expect(looked).toBeGreaterThan(0);
    expect(looked).toBeLessThan(10);
  });

  it('keeps so many samples of each kind', async () => {
    const live = [flowOf('f', { id: 'a' }, { id: 'b', when: 'outcome.y' })];
    const draft = flowOf('f', { id: 'a' }, { id: 'c' });
    const { samples } = await tried(draft, { live, stored: ten, bounds: { samples: 2 } });
    expect(samples.map(({ kind, event }) => [kind, event.id])).toEqual([
      ['only_draft', 'o-0'],
      ['only_draft', 'o-1'],
      ['same', 'o-0'],
      ['same', 'o-1'],
      ['no_task', 'o-0'],
      ['no_task', 'o-1'],
    ]);
  });

  it('names 100 assignees, those with the most tasks, and counts the others', async () => {
    const compiled = compileFlow(
      flowOf('f', { task: { type: 'internal', title: 'T', assignee: { cel: 'outcome.who' } } }),
    ) as { flow: CompiledFlow };
    const store = new MemoryShardStore();
    const ids = Array.from({ length: 103 }, (_, i) => `agent-${i}`);
    store.workforceOf.set(
      'acme',
      ids.map((id) => ({ kind: 'agent', id, body: { name: id } })),
    );
    const placing = await placeDraft(
      'acme',
      compiled.flow,
      { read: (tenant, work) => store.inShard(0, [tenant], work) },
      new TenantDirectory(),
    );
    if (!placing.ok) throw new Error('refused');
    const stored = outcomes(
      ...[...ids, 'agent-102', 'agent-102', 'agent-5'].map((id) => ({ who: { kind: 'agent', id } })),
    );
    const source = {
      count: () => Promise.resolve(stored.length),
      async *latestFirst() {
        yield* await Promise.resolve(stored);
      },
    };
    const watch = { onProgress: () => undefined, signal: new AbortController().signal };
    const { draft } = await dryRun(placing.placed, source, { ...BOUNDS, limit: 200 }, watch);
    expect(draft.byAssignee).toHaveLength(100);
    expect(draft.byAssignee.slice(0, 2)).toEqual([
      { assignee: { kind: 'agent', id: 'agent-102' }, tasks: 3 },
      { assignee: { kind: 'agent', id: 'agent-5' }, tasks: 2 },
    ]);
    expect(draft).toMatchObject({ tasks: 106, otherAssignees: 3 });
  });
});

describe('whoever waits', () => {
  it('is told how far it is', async () => {
    const told: DryRunProgress[] = [];
    await tried(flowOf('f', {}), {
      ...{ stored: outcomes({}, {}, {}), tick: 60 },
      onProgress: (progress) => told.push(progress),
    });
    expect(told[0]).toEqual({ outcomes: 0, of: 3, tasks: 0 });
    expect(told.length).toBeGreaterThan(1);
  });

  it('and leaves, ends it', async () => {
    const leaving = new AbortController();
    const stored = outcomes({}, {}, {});
    const looking = tried(flowOf('f', {}), {
      ...{ stored, signal: leaving.signal, tick: 300 },
      onProgress: ({ outcomes: looked }) => looked === 1 && leaving.abort(new Error('left')),
    });
    await expect(looking).rejects.toThrow('left');
  });
});
