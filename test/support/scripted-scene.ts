import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OutgoingRecord } from '#libs/messaging';
import { projectRoot } from '#libs/stack';
import { type ReadRecord, type TestDeployment } from '#libs/testing';
import { type DataSet } from './data-set';
import { deploymentFor } from './play';

/** What expected.mjs prints: what to do, and what must come of it. It shares no code with the product. */
export interface Scene {
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

export type Line = Record<string, unknown>;

/** Worked out by a program of its own, which a person can run as well. */
export function sceneOf({ folder }: DataSet): Scene {
  const program = join(projectRoot(), 'test', 'scripted-team', 'expected.mjs');

  const printed = execFileSync(process.execPath, [program, folder], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(printed) as Scene;
}

/** A deployment as the data set wants it, with this workforce. */
export async function deploymentWith(workforce: object, { flows, tenant }: DataSet): Promise<TestDeployment> {
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
export function activityLine({ value, headers }: ReadRecord): Line {
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
export function rejectionLine({ key, value, headers }: ReadRecord): Line {
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

export function expectActivities(found: readonly Line[], expected: readonly Line[]): void {
  expectLines(
    found,
    expected,
    ({ taskId, sequence }) => [taskId, sequence],
    ({ taskId }) => taskId,
  );
}

/** Compares as text, and shows the whole log of the first few that differ: the rest of a long list would hide it. */
export function expectLines(
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
