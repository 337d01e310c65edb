import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type OutgoingRecord } from '#libs/messaging';
import { projectRoot } from '#libs/stack';
import { type ReadRecord, type TestDeployment } from '#libs/testing';
import { type DataSet, dataSets } from './support/data-set';
import { deploymentFor } from './support/play';
import { recordsOf } from './support/records';
import { published } from './support/published';

jest.setTimeout(900_000);

/** How long is waited for what should not come any more. */
const NOTHING_MORE_MS = 3_000;

/** What expected.mjs prints: what to do, and what must come of it. It shares no code with the product. */
interface Scene {
  workforce: object;
  batches: Batch[];
  activities: Line[];
  rejections: Line[];
}

interface Batch {
  /** Lines of the data set's conversations, from and to. */
  conversations?: [number, number];
  /** Commands, or changes of the workforce. */
  publish?: OutgoingRecord[];
  clock?: string;
  /** How many there must be once it is done. */
  activities: number;
}

type Line = Record<string, unknown>;

describe.each(dataSets())('a scripted team works on the tasks of $name', (dataSet) => {
  let scene: Scene;
  let deployment: TestDeployment;
  let activities: ReadRecord[];

  beforeAll(async () => {
    scene = sceneOf(dataSet);
    deployment = await deploymentWith(scene.workforce, dataSet);
    const conversations = recordsOf(dataSet);
    for (const batch of scene.batches) {
      if (batch.clock) deployment.setClock(batch.clock);
      else await deployment.publish(batch.publish ?? conversations.slice(...batch.conversations!));
      await deployment.drained();
      await published(deployment, 'task-activity', batch.activities).catch(async (error: unknown) => {
        expectActivities(
          await deployment.records('task-activity'),
          scene.activities.slice(0, batch.activities),
        );
        throw error;
      });
    }
    activities = await deployment.records('task-activity');
  });
  afterAll(() => deployment?.close());

  test('everything that can be refused is, and every kind of activity happens', () => {
    const codes = new Set(scene.rejections.map(({ code }) => code));
    expect([...codes].sort()).toEqual([
      ...['already_claimed', 'illegal_transition', 'invalid_due', 'not_allowed', 'not_available'],
      ...['stale_version', 'task_exists', 'task_not_found', 'unknown_assignee'],
    ]);
    const types = new Set(scene.activities.map(({ type }) => type));
    expect([...types].sort()).toEqual([
      ...['task.assignment_changed.v1', 'task.commented.v1', 'task.completed.v1', 'task.created.v1'],
      ...['task.details_changed.v1', 'task.due_date_changed.v1', 'task.due_soon.v1', 'task.overdue.v1'],
      ...['task.priority_changed.v1', 'task.status_changed.v1'],
    ]);
  });

  test('the activities are what the rules lead to, line by line', () => {
    expectActivities(activities, scene.activities);
  });

  test('and the rejections', async () => {
    const found = (await deployment.records('task-rejections')).map(rejectionLine);
    const keyOf = ({ cause }: Line): unknown[] => [(cause as Line).source, (cause as Line).id];
    expectLines(found, scene.rejections, keyOf, ({ conversationId }) => conversationId);
  });

  test('in positions that are one more than the offset, without gaps', async () => {
    for (const records of [activities, await deployment.records('task-rejections')]) {
      const next = new Map<number, number>();
      for (const { partition, offset, headers } of records) {
        const position = (next.get(partition) ?? 0) + 1;
        next.set(partition, position);
        expect({ partition, offset, position: headers.position }).toEqual({
          partition,
          offset: position - 1,
          position: String(position),
        });
      }
    }
  });

  test('no more comes, nothing was dead-lettered, and verify finds no difference', async () => {
    await pause(NOTHING_MORE_MS);
    const ends = await deployment.outputEnds();
    const counts = Object.entries(ends).map(([topic, each]) => [
      topic,
      each.reduce((sum, end) => sum + end, 0),
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      'task-activity': scene.activities.length,
      'task-rejections': scene.rejections.length,
      'task-dead-letters': 0,
    });
    await deployment.mustCli(['verify']);
  });

  test('rebuilt from the topics, its tasks are as they were, verify finds no difference, and nothing is said again', async () => {
    await deployment.stopWorkers();
    const lost = await deployment.loseDatabase();
    await deployment.migrate();
    await deployment.mustCli(['rebuild']);
    await deployment.mustCli(['verify']);
    // All but when time will do something next, which depends on policies: a worker works it out.
    const tasks = `select to_jsonb(t) - 'timer_at' as task from task t order by tenant_id, id`;
    expect(await deployment.query(tasks)).toEqual(await lost.operator.query(tasks));

    const before = await deployment.outputEnds();
    await deployment.startWorker();
    await deployment.drained();
    await pause(NOTHING_MORE_MS);
    expect(await deployment.outputEnds()).toEqual(before);
    const moments = 'select tenant_id, id, timer_at from task order by tenant_id, id';
    expect(await deployment.query(moments)).toEqual(await lost.operator.query(moments));
    await deployment.mustCli(['verify']);
  });
});

/** Worked out by a program of its own, which a person can run as well. */
function sceneOf({ folder }: DataSet): Scene {
  const program = join(projectRoot(), 'test', 'scripted-team', 'expected.mjs');

  const printed = execFileSync(process.execPath, [program, folder], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(printed) as Scene;
}

/** A deployment as the data set wants it, with this workforce. */
async function deploymentWith(workforce: object, { flows, tenant }: DataSet): Promise<TestDeployment> {
  const folder = mkdtempSync(join(tmpdir(), 'scripted-team-'));
  try {
    const file = join(folder, 'workforce.json');
    writeFileSync(file, JSON.stringify(workforce));
    return await deploymentFor({ flows, tenant, workforce: file });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * What a record of `task-activity` says, but for what is a matter of chance, the place of its cause in a partition, and for what only
 * somebody knows who evaluates the flow.
 */
function activityLine({ value, headers }: ReadRecord): Line {
  const { flow, due, cause, changes, ...data } = JSON.parse(String(value)) as Line & {
    flow?: { id: string; version: number; node: string };
    cause: { source: string; id: string; topic?: string };
    changes: { field: string }[];
  };
  return {
    ...{ type: headers.ce_type, tenant: headers.ce_tenantid, time: headers.ce_time, ...data },
    // The order in which the fields of one activity are listed means nothing.
    changes: changes.sort((a, b) => (a.field < b.field ? -1 : 1)),
    cause: causeOf(cause, data.reason),
    ...(due && !flow ? { due } : {}),
    ...(flow && { flow: { id: flow.id, version: flow.version, node: flow.node } }),
  };
}

function causeOf(
  { source, id, topic }: { source: string; id: string; topic?: string },
  reason?: unknown,
): Line {
  // A tombstone is no event, so the contract has no name for it.
  if (topic === 'workforce' && /was removed$/.test(String(reason))) return { topic };
  return { source, id, ...(topic && { topic }) };
}

/** What a record of `task-rejections` says; of its detail, which is for people, who holds the claim. */
function rejectionLine({ key, value, headers }: ReadRecord): Line {
  const { code, detail, command, cause } = JSON.parse(String(value)) as {
    code: string;
    detail: string;
    command: Line & { time: string };
    cause: { source: string; id: string; topic: string };
  };
  const holder = code === 'already_claimed' ? /claimed by '([^']+)'/.exec(detail)?.[1] : undefined;
  return {
    ...{
      code,
      ...(holder && { holder }),
      tenant: headers.ce_tenantid,
      conversationId: String(key),
      time: headers.ce_time,
    },
    ...{ command: { ...command, time: new Date(command.time).toISOString() }, cause: causeOf(cause) },
  };
}

function expectActivities(records: readonly ReadRecord[], expected: readonly Line[]): void {
  const found = records.map(activityLine);
  expectLines(
    found,
    expected,
    ({ taskId, sequence }) => [taskId, sequence],
    ({ taskId }) => taskId,
  );
}

/** Compares as text, and shows the whole log of the first few that differ: the rest of a long list would hide it. */
function expectLines(
  found: readonly Line[],
  expected: readonly Line[],
  keyOf: (line: Line) => unknown[],
  groupOf: (line: Line) => unknown,
): void {
  const [foundLines, expectedLines] = [found, expected].map((lines) => [...lines].sort(by(keyOf))) as [
    Line[],
    Line[],
  ];
  const [foundBy, expectedBy] = [foundLines, expectedLines].map((lines) => {
    const groups = new Map<unknown, string>();
    for (const line of lines)
      groups.set(groupOf(line), `${groups.get(groupOf(line)) ?? ''}${textOf(line)}\n`);
    return groups;
  }) as [Map<unknown, string>, Map<unknown, string>];
  const names = [...new Set([...foundBy.keys(), ...expectedBy.keys()])];
  const differ = names.filter((name) => foundBy.get(name) !== expectedBy.get(name)).slice(0, 3);
  const shown = (groups: Map<unknown, string>): string =>
    differ.map((name) => groups.get(name) ?? '').join('\n');
  expect(shown(foundBy)).toBe(shown(expectedBy));
  expect(foundLines.map(textOf)).toEqual(expectedLines.map(textOf));
}

/** JSON whose fields are in an order that their names alone decide, but for a few that tell most, which come first. */
function textOf(line: Line): string {
  const { type, sequence, time, ...rest } = line;
  return JSON.stringify({ type, sequence, time, ...(inOrder(rest) as Line) });
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, each]) => [name, inOrder(each)]));
}

function by(keyOf: (line: Line) => unknown[]): (a: Line, b: Line) => number {
  const text = (line: Line): string =>
    keyOf(line)
      .map((part) => (typeof part === 'number' ? String(part).padStart(6, '0') : String(part)))
      .join(' ');
  return (a, b) => (text(a) < text(b) ? -1 : 1);
}
