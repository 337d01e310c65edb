import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliResult, TestDeployment, type WorkerProcess } from '#libs/testing';
import { type ActivityData, activityIn } from './support/created-tasks';
import { createData, recordOf } from './support/events';
import { agent, BOOKINGS } from './support/office';

jest.setTimeout(240_000);

const TENANT = 'acme';

/** A flow for outcomes of one intent, by its id, with one node. */
const flow = (id: string, task: object, node: object = {}) => ({
  id,
  name: `Flow ${id}`,
  on: { type: 'conversation.outcome.v1' },
  nodes: [
    {
      id: 'n',
      kind: 'create_task',
      when: `outcome.intent == '${id}'`,
      ...node,
      task: { type: 'follow_up', title: 'Call back', ...task },
    },
  ],
});
/** More rounds than an expression may have. */
const COSTLY = 'outcome.items.all(a, outcome.items.all(b, true))';
/** A list that holds itself twice, forty levels deep: more parts than can be written down. */
const ENDLESS = `[[1]${'.map(a, [a, a])'.repeat(40)}, 1][0]`;
const items = Array<number>(5_000).fill(1);
const text = 'x'.repeat(100_000);

interface Case {
  name: string;
  flow: ReturnType<typeof flow>;
  /** Fields of the outcome beside the unremarkable. */
  outcome?: Record<string, unknown>;
  /** What the task is to be like; null when the contract says that there is none. */
  task: Record<string, unknown> | null;
  /** Each warning, in order. */
  warnings?: RegExp[];
}

const CASES: Case[] = [
  {
    name: 'a when that throws',
    flow: flow('when-throws', {}, { when: 'outcome.missing.more > 1' }),
    task: null,
  },
  {
    name: 'a when that is no yes or no',
    flow: flow('when-text', {}, { when: 'outcome.slots.yes' }),
    task: null,
  },
  {
    name: 'a when that loops',
    flow: flow('when-loops', {}, { when: COSTLY }),
    outcome: { items },
    task: null,
  },
  {
    name: 'a when that gives what never ends',
    flow: flow('when-endless', {}, { when: `outcome.intent == 'when-endless' && ${ENDLESS} == true` }),
    task: null,
  },
  {
    name: 'a loop in each field',
    flow: flow('loops', {
      type: { cel: `${COSTLY} ? 'internal' : 'internal'` },
      title: { cel: `${COSTLY} ? 'a' : 'b'`, default: 'By default' },
      priority: { cel: `${COSTLY} ? 'low' : 'low'`, default: 'high' },
      assignee: { cel: `${COSTLY} ? dyn({'kind': 'agent', 'id': 'eli'}) : null` },
      due: { cel: `${COSTLY} ? duration('1h') : duration('2h')`, default: { in: 'PT4H' } },
    }),
    outcome: { items },
    task: {
      type: 'follow_up',
      title: 'By default',
      priority: 'high',
      assignee: null,
      dueAt: '2026-03-02T14:00:00.000Z',
    },
    warnings: [
      /^type: .*costs? too much/,
      /^priority: .*costs? too much/,
      /^title: /,
      /^assignee: /,
      /^due: /,
    ],
  },
  {
    name: 'a result that never ends',
    flow: flow('endless', { priority: { cel: ENDLESS }, title: { cel: ENDLESS }, due: { cel: ENDLESS } }),
    task: { priority: 'medium', title: 'Flow endless', dueAt: null },
    warnings: [
      /^priority: must be one of .*, got \[\[.*used the default "medium"$/,
      /^title: must be text/,
      /^due: must be/,
    ],
  },
  {
    name: 'a due date in the year 300000',
    flow: flow('year-300000', { due: { cel: "event.time + duration('999999999999h')" } }),
    task: { dueAt: null },
    warnings: [/^due: the moment lies outside 1970–9999; no due date$/],
  },
  {
    name: 'due dates from nonsense',
    flow: flow('due-nonsense', {
      due: { cel: 'outcome.due', default: { in: 'PT999999999H', calendar: 'office' } },
    }),
    outcome: { due: { at: '2026-02-30T00:00:00Z' } },
    task: { dueAt: null },
    warnings: [/^due: "at" must be .*; the default: no such calendar: "office"; no due date$/],
  },
  {
    name: 'a priority of another type, and one that there is not',
    flow: flow('priority', { priority: { cel: 'outcome.level' }, type: { cel: 'outcome.kind' } }),
    outcome: { level: 17, kind: 'constructor' },
    task: { priority: 'medium', type: 'follow_up' },
    warnings: [/^type: .*got "constructor"/, /^priority: .*got 17/],
  },
  {
    name: 'an assignee nobody knows',
    flow: flow('unknown-assignee', { assignee: { kind: 'agent', id: 'gone' } }),
    task: { assignee: null },
    warnings: [/^assignee: no such agent: gone; assigned to nobody$/],
  },
  {
    name: 'an assignee of another shape',
    flow: flow('odd-assignee', {
      assignee: { cel: 'outcome.who', default: { kind: 'team', id: 'bookings' } },
    }),
    outcome: { who: { kind: 'agent', id: 'eli', __proto__: null, more: [] } },
    task: { assignee: { kind: 'team', id: 'bookings' } },
    warnings: [/^assignee: has an unknown field "more".*; used the default/],
  },
  {
    name: 'a title that grows without end',
    flow: flow('title', {
      title: `{% assign x = outcome.text %}${'{% assign x = x | append: x %}'.repeat(40)}{{ x }}`,
    }),
    outcome: { text },
    task: { title: 'Flow title' },
    warnings: [
      /^title: memory alloc limit exceeded; used the flow's name$/,
      /^inputs: outcome\.text was cut/,
    ],
  },
  {
    name: 'a text printed a thousand times',
    flow: flow('description', { description: '{{ outcome.text }}'.repeat(900) }),
    outcome: { text },
    task: { description: null },
    warnings: [/^description: the template costs too much on this event; no description$/, /^inputs: /],
  },
  {
    name: 'a title and a description that are huge',
    flow: flow('huge', { title: '{{ outcome.text }}', description: '{{ outcome.text }}' }),
    outcome: { text },
    task: { title: `${'x'.repeat(499)}…`, description: `${'x'.repeat(16_381)}…` },
    warnings: [/^title: cut to 500 characters$/, /^description: cut to 16384 bytes$/, /^inputs: /],
  },
  {
    name: 'a pattern that is looked for at every place',
    flow: flow('pattern', { priority: { cel: "outcome.text.contains(outcome.pattern) ? 'low' : 'high'" } }),
    outcome: { text, pattern: `${text.slice(0, 50_000)}y` },
    task: { priority: 'medium' },
    warnings: [/^priority: the expression costs too much/, /^inputs: /, /^inputs: /],
  },
];

describe('flows that throw, loop or yield nonsense, between healthy events of one partition', () => {
  let deployment: TestDeployment;
  let worker: WorkerProcess;
  let created: Map<string, ActivityData[]>;
  const folder = mkdtempSync(join(tmpdir(), 'hostile-flows-'));

  function applyFlows(flows: object[], tenant: string): Promise<CliResult> {
    const file = join(folder, `${tenant}.json`);
    writeFileSync(file, JSON.stringify(flows));
    return deployment.cli(['flows', 'apply', file, '--tenant', tenant]);
  }

  beforeAll(async () => {
    deployment = await TestDeployment.create({ shards: 1 });
    worker = await deployment.startWorker({ env: { LOG_LEVEL: 'debug' } });
    await deployment.publish([BOOKINGS, agent('eli', TENANT)]);
    await deployment.drained();
    const healthy = flow(
      'healthy',
      {
        title: 'Call {{ outcome.summary }} back',
        priority: { cel: "outcome.sentiment < 0.0 ? 'high' : 'low'" },
      },
      { when: "outcome.intent == 'healthy'" },
    );
    const applied = await applyFlows([...CASES.map((each) => each.flow), healthy], TENANT);
    if (applied.code !== 0) throw new Error(applied.stderr);
    const outcome = (id: string, fields: Record<string, unknown>) =>
      recordOf({
        id,
        type: 'conversation.outcome.v1',
        tenantid: TENANT,
        data: { channel: 'call', flowId: 'f', result: 'r', slots: { yes: 'yes' }, ...fields },
      });
    await deployment.publish(
      CASES.flatMap(({ flow: { id }, outcome: fields }, i) => [
        outcome(id, { intent: id, ...fields }),
        outcome(`healthy-${i}`, { intent: 'healthy', summary: 'Ada', sentiment: -0.5 }),
        recordOf({ id: `command-${i}`, tenantid: TENANT, data: createData() }),
      ]),
    );
    await deployment.drained();
    created = new Map();
    for (const record of await deployment.records('task-activity')) {
      const data = activityIn(record);
      created.set(data.cause.id, [...(created.get(data.cause.id) ?? []), data]);
    }
  });
  afterAll(async () => {
    await deployment?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(CASES)('$name', ({ flow: { id }, task, warnings = [] }) => {
    const own = created.get(id) ?? [];
    if (task === null) return expect(own).toEqual([]);
    expect(own).toHaveLength(1);
    expect(own[0]!.task).toMatchObject(task);
    expect(own[0]!.flow).toMatchObject({ id, node: 'n' });
    expect(own[0]!.flow!.warnings).toEqual(warnings.map((warning) => expect.stringMatching(warning)));
  });

  it('harm no other event: each healthy one has its task, in its place', () => {
    for (const i of CASES.keys()) {
      expect(created.get(`healthy-${i}`)).toMatchObject([
        { task: { title: 'Call Ada back', priority: 'high' }, flow: { id: 'healthy', warnings: [] } },
      ]);
      expect(created.get(`command-${i}`)).toMatchObject([{ task: { title: 'Call back' } }]);
    }
  });

  it('lose no event: every outcome is applied, once, and nothing is set aside', async () => {
    const [row] = await deployment.query<{ count: number }>(
      `select count(*)::int from applied_event where type = 'conversation.outcome.v1' and became = 'applied'`,
    );
    expect(row!.count).toBe(2 * CASES.length);
    expect(await deployment.records('task-dead-letters')).toEqual([]);
    expect(await deployment.records('task-rejections')).toEqual([]);
    expect(worker.exit).toBeNull();
  });

  it('count each warning, also of a when that made no task', () => {
    const lines = worker.logLines().map((line) => line as unknown as { warnings?: number });
    // Three of the conditions do not ask for their own outcome, and fail on every one.
    const everywhere = ['when-throws', 'when-text', 'when-loops'];
    const expected = CASES.reduce(
      (sum, { flow: { id }, warnings }) =>
        sum + (everywhere.includes(id) ? 2 * CASES.length : (warnings?.length ?? 1)),
      // One more: the loops of `loops` leave `when-loops` not even enough to keep what it looked at.
      1,
    );
    expect(lines.reduce((sum, { warnings }) => sum + (warnings ?? 0), 0)).toBe(expected);
  });

  it('are refused before they are too many: all flows of a tenant together have a limit', async () => {
    const [node] = flow('many', {}).nodes;
    const nodes = Array.from({ length: 50 }, (_, i) => ({ ...node, id: `n${i}` }));
    const flows = Array.from({ length: 11 }, (_, i) => ({ ...flow('many', {}), id: `many-${i}`, nodes }));
    const { code, stderr } = await applyFlows(flows, 'other');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      /nothing was saved: nodes the tenant's flows would have 550 nodes together, at most 500/,
    );
    expect(await deployment.query(`select 1 from flow_version where tenant_id = 'other'`)).toEqual([]);
  });
});
