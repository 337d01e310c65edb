import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DryRunResult } from '#libs/processing';
import { type TestDeployment } from '#libs/testing';
import { type ComparableTask } from './support/created-tasks';
import { dataSets } from './support/data-set';
import { deploymentFor, play } from './support/play';

jest.setTimeout(300_000);

interface Flow {
  id: string;
  nodes: { task: Record<string, unknown> }[];
}

/** Counts, by something of each. */
function countsBy<T>(items: readonly T[], of: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[of(item)] = (counts[of(item)] ?? 0) + 1;
  return counts;
}
const withoutZeros = (counts: object): object =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
const nameOf = (assignee: { kind: string; id: string } | null): string =>
  assignee ? `${assignee.kind}:${assignee.id}` : 'nobody';

describe.each(dataSets())('flows dry-run on what became of $name', (dataSet) => {
  const { tenant } = dataSet;
  const flows = JSON.parse(readFileSync(dataSet.flows, 'utf8')) as Flow[];
  const expectedOf = (id: string): ComparableTask[] =>
    dataSet.expectedTasks.filter(({ flow }) => flow === id);
  const folder = mkdtempSync(join(tmpdir(), 'dry-run-'));
  const file = (flow: unknown): string => {
    const path = join(folder, 'flow.json');
    writeFileSync(path, JSON.stringify(flow));
    return path;
  };
  let deployment: TestDeployment;

  beforeAll(async () => {
    deployment = await deploymentFor(dataSet);
    await play(deployment, dataSet);
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await deployment?.close();
  });

  const dryRun = async (path: string, ...options: string[]): Promise<DryRunResult> => {
    const args = ['flows', 'dry-run', path, '--tenant', tenant, '--json', ...options];
    return JSON.parse((await deployment.mustCli(args)).stdout) as DryRunResult;
  };

  test.each(flows.map((flow) => [flow.id, flow] as const))(
    '%s would make the tasks that were worked out independently, and did',
    async (id) => {
      const expected = expectedOf(id);
      const result = await dryRun(dataSet.flows, '--flow', id, '--limit', '100000');
      expect(result.cutShortBy).toBeNull();
      expect(result.outcomes).toBe(dataSet.expectedRows.conversation_outcome);
      for (const made of [result.draft, result.live!]) {
        expect(made.tasks).toBe(expected.length);
        expect(withoutZeros(made.byPriority)).toEqual(countsBy(expected, ({ priority }) => priority));
        expect(withoutZeros(made.byChannel)).toEqual(countsBy(expected, ({ channel }) => channel));
        expect(
          Object.fromEntries(made.byAssignee.map(({ assignee, tasks }) => [nameOf(assignee), tasks])),
        ).toEqual(countsBy(expected, ({ assignee }) => nameOf(assignee)));
      }
      expect(result.difference).toMatchObject({ onlyDraft: 0, onlyLive: 0, changed: 0 });
    },
  );

  test('a draft that makes all of them low is said to change those that are not', async () => {
    const [flow] = flows as [Flow];
    const draft = {
      ...flow,
      nodes: flow.nodes.map((node) => ({ ...node, task: { ...node.task, priority: 'low' } })),
    };
    const expected = expectedOf(flow.id);
    const others = expected.filter(({ priority }) => priority !== 'low');
    expect(others.length).toBeGreaterThan(0);
    const before = await deployment.contentHashes();
    const result = await dryRun(file(draft), '--limit', '100000', '--samples', '1000');
    expect(result.difference).toEqual({
      ...{ onlyDraft: 0, onlyLive: 0, changed: others.length, same: expected.length - others.length },
      changedFields: [{ field: 'priority', tasks: others.length }],
    });
    // Each sample is of the very event that made the task.
    const causes = others.map(({ cause }) => cause).sort();
    const changed = result.samples.filter(({ kind }) => kind === 'changed');
    expect(changed.map(({ event }) => `${event.source}#${event.id}`).sort()).toEqual(causes);
    expect(await deployment.contentHashes()).toEqual(before);
  });

  test('people get a table, the difference, and samples', async () => {
    const [flow] = flows as [Flow];
    const draft = { ...flow, nodes: flow.nodes.map((node) => ({ ...node, id: 'another' })).slice(0, 1) };
    const { stdout } = await deployment.mustCli([
      ...['flows', 'dry-run', file(draft), '--tenant', tenant, '--limit', '100000', '--samples', '1'],
    ]);
    const made = expectedOf(flow.id).length;
    expect(stdout).toContain('nothing was written');
    expect(stdout).toMatch(/│ tasks +│ +\d+ │ +\d+ │/);
    expect(stdout).toContain(`, ${made} only the live version`);
    expect(stdout).toMatch(/^only the draft: 20.*, node another$/m);
    expect(stdout).toMatch(/^ {4}outcome\.\S+ = /m);
  });

  test('what cannot be told or cannot be right is refused, with what to do', async () => {
    const fails = async (path: string, ...options: string[]): Promise<[number | null, string]> => {
      const { code, stderr } = await deployment.cli([
        'flows',
        'dry-run',
        path,
        '--tenant',
        tenant,
        ...options,
      ]);
      return [code, stderr];
    };
    expect(await fails(dataSet.flows)).toEqual([2, expect.stringContaining('Say which with --flow')]);
    expect(await fails(dataSet.flows, '--flow', 'x')).toEqual([
      2,
      expect.stringContaining('there is no flow x in it'),
    ]);
    const bad = { ...flows[0], nodes: [{ ...flows[0]!.nodes[0], when: 'outcome.' }] };
    expect(await fails(file(bad))).toEqual([
      1,
      expect.stringMatching(/nothing was tried:\n.*nodes\[0\]\.when/s),
    ]);
  });

  test('another tenant has no outcome to try it on', async () => {
    const args = ['flows', 'dry-run', file(flows[0]), '--tenant', 'other', '--json'];
    expect(JSON.parse((await deployment.mustCli(args)).stdout)).toMatchObject({
      ...{ outcomes: 0, live: null, draft: { tasks: 0 } },
    });
  });
});
