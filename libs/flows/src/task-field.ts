import { type PossibleResult } from './cel-expression';
import { type AstNode } from './cel-ast';
import { isRfc3339, readDue } from './due-literal';
import {
  type DueLiteral,
  FLOW_LIMITS,
  FLOW_PRIORITIES,
  FLOW_TASK_TYPES,
  type FlowAssignee,
  type FlowPriority,
  type FlowTaskType,
} from './flow-definition';
import { checkCharacters, checkId, checkText, checkWord, isRecord, shown } from './json-shape';

/** A field's value, or why there is none. */
export type Reading<T> = { ok: true; value: T } | { ok: false; problem: string };

/** What holds for one field of a task, whichever way its value comes about. */
export interface FieldRule<T> {
  name: string;
  /** Reads a literal: a value in a flow, or a `default`. */
  literal(value: unknown): Reading<T>;
  /** What is wrong with a value that an expression may have, when a flow is saved; null when it may be right. */
  possible(result: PossibleResult): string | null;
  /** Reads what an expression gave for an event that happened at `time`. */
  result(value: unknown, time: string): Reading<T>;
}

export const typeRule = wordRule<FlowTaskType>('type', FLOW_TASK_TYPES);
export const priorityRule = wordRule<FlowPriority>('priority', FLOW_PRIORITIES);

export const titleRule: FieldRule<string> = {
  name: 'title',
  literal: (value) => read(value as string, checkText(value, FLOW_LIMITS.title)),
  possible: (result) => mustBe(result, ['string'], 'text'),
  result: (value) => (typeof value === 'string' ? { ok: true, value } : gave(value, 'text')),
};

export const descriptionRule: FieldRule<string | null> = {
  name: 'description',
  literal: (value) => read(value as string | null, value === null ? null : checkDescription(value)),
  possible: (result) => mustBe(result, ['string', 'null'], 'text or null'),
  result: (value) =>
    typeof value === 'string' || value === null ? { ok: true, value } : gave(value, 'text'),
};

export const assigneeRule: FieldRule<FlowAssignee | null> = {
  name: 'assignee',
  literal: (value) => (value === null ? { ok: true, value } : readAssignee(value)),
  possible: (result) =>
    mustBe(result, ['map', 'null'], "a map such as {'kind': 'team', 'id': 'bookings'}") ??
    checkMap(result.node, [['kind', 'id']], (fields) => {
      const kind = constantOf(fields.kind);
      const id = constantOf(fields.id);
      if (kind !== undefined) return checkWord(kind, ['agent', 'team']);
      return id === undefined ? null : checkId(id);
    }),
  result: (value) => (value === null ? { ok: true, value } : readAssignee(plain(value))),
};

export const dueRule: FieldRule<DueLiteral | null> = {
  name: 'due',
  literal: (value) => (value === null ? { ok: true, value } : readDue(value)),
  possible: (result) =>
    mustBe(
      result,
      ['google.protobuf.Timestamp', 'google.protobuf.Duration', 'map', 'null'],
      'a timestamp, a duration or a map with "at" or "in"',
    ) ??
    checkMap(result.node, [['at'], ['in'], ['in', 'calendar']], (fields) => {
      const constants = Object.entries(fields).map(([key, node]) => [key, constantOf(node)] as const);
      if (constants.some(([, value]) => value === undefined)) return null;
      const reading = readDue(Object.fromEntries(constants));
      return reading.ok ? null : reading.problem;
    }),
  result: readDueResult,
};

function wordRule<T extends string>(name: string, words: readonly T[]): FieldRule<T> {
  return {
    name,
    literal: (value) => read(value as T, checkWord(value, words)),
    possible: (result) => {
      const constant = constantOf(result.node);
      return (
        mustBe(result, ['string'], 'text') ?? (constant === undefined ? null : checkWord(constant, words))
      );
    },
    result: (value) => read(value as T, checkWord(value, words)),
  };
}

function readDueResult(value: unknown, time: string): Reading<DueLiteral | null> {
  if (value === null) return { ok: true, value };
  if (value instanceof Date) return moment(value.getTime());
  const milliseconds = millisecondsOf(value);
  if (milliseconds === null) return readDue(plain(value));
  if (milliseconds < 0) return { ok: false, problem: 'a duration must not be negative' };
  return moment(Date.parse(time) + milliseconds);
}

function moment(milliseconds: number): Reading<DueLiteral> {
  const at = Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : '';
  return milliseconds >= 0 && isRfc3339(at)
    ? { ok: true, value: { at } }
    : { ok: false, problem: 'the moment lies outside 1970–9999' };
}

/** cel-js's Duration, told by its BigInt seconds, which nothing that came as JSON has. */
function millisecondsOf(value: unknown): number | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { seconds, nanos } = value as { seconds?: unknown; nanos?: unknown };
  if (typeof seconds !== 'bigint' || typeof nanos !== 'number') return null;
  return Number(seconds) * 1000 + Math.trunc(nanos / 1e6);
}

function readAssignee(value: unknown): Reading<FlowAssignee> {
  if (!isRecord(value)) return { ok: false, problem: `must be {"kind", "id"}, got ${shown(value)}` };
  const { kind, id, ...rest } = value;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined)
    return { ok: false, problem: `has an unknown field ${shown(unknown)}; known are kind, id` };
  const kindProblem = checkWord(kind, ['agent', 'team']);
  if (kindProblem !== null) return { ok: false, problem: `kind ${kindProblem}` };
  const idProblem = checkId(id);
  if (idProblem !== null) return { ok: false, problem: `id ${idProblem}` };
  return { ok: true, value: { kind: kind as 'agent' | 'team', id: id as string } };
}

function checkDescription(value: unknown): string | null {
  if (typeof value !== 'string') return `must be text or null, got ${shown(value)}`;
  const bytes = Buffer.byteLength(value);
  if (bytes > FLOW_LIMITS.descriptionBytes)
    return `must have at most ${FLOW_LIMITS.descriptionBytes} bytes, has ${bytes}`;
  return checkCharacters(value);
}

/** A problem when the type found by the check is none of those; `dyn`, known only at run time, passes. */
export function mustBe({ type }: PossibleResult, types: readonly string[], words: string): string | null {
  const base = type.replace(/<.*$/, '');
  return base === 'dyn' || types.includes(base) ? null : `must give ${words}, gives ${base}`;
}

/** Looks into a map that is written out: its keys must be one of the sets; other nodes pass. */
function checkMap(
  node: AstNode,
  keySets: readonly (readonly string[])[],
  check: (fields: Record<string, AstNode>) => string | null,
): string | null {
  if (node.op !== 'map') return null;
  const entries = node.args as [AstNode, AstNode][];
  const keys = entries.map(([key]) => constantOf(key));
  if (keys.some((key) => key === undefined)) return null;
  const fits = keySets.some((set) => set.length === keys.length && set.every((key) => keys.includes(key)));
  if (!fits)
    return `a map must have ${keySets.map((set) => set.join(' and ')).join(', or ')}; has ${keys.join(', ') || 'nothing'}`;
  return check(Object.fromEntries(entries.map(([key, value]) => [constantOf(key), value])));
}

function constantOf(node: AstNode | undefined): unknown {
  return node?.op === 'value' ? node.args : undefined;
}

function plain(value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value as Map<string, unknown>) : value;
}

function read<T>(value: T, problem: string | null): Reading<T> {
  return problem === null ? { ok: true, value } : { ok: false, problem };
}

function gave(value: unknown, wanted: string): { ok: false; problem: string } {
  return { ok: false, problem: `must be ${wanted}, got ${shown(value)}` };
}
