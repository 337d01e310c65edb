import { type AstNode, callOf, runChildren } from './cel-ast';
import { calendarPart, checkDurationText, checkTimestampText, checkZone, isCalendarMethod } from './cel-time';

/**
 * What one evaluation may cost. A unit is about one node of the syntax tree evaluated (20–50 ns), so this is
 * some milliseconds at worst. Counted, not timed: the same event must give the same task on every machine.
 */
const EVALUATION_BUDGET = 100_000;

/** Thrown when an evaluation costs too much. One for all: nothing about it differs, and a stack costs microseconds. */
const TOO_EXPENSIVE = new Error('the expression costs too much on this event');
TOO_EXPENSIVE.stack = TOO_EXPENSIVE.message;

/** How much an evaluation has left. Once spent it stays spent, since `exists`, `||` and others go on after an error. */
export class CostMeter {
  #left = 0;

  start(): void {
    this.#left = EVALUATION_BUDGET;
  }

  get isSpent(): boolean {
    return this.#left < 0;
  }

  get left(): number {
    return this.#left;
  }

  /** @throws when more is spent than there was. */
  charge(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw TOO_EXPENSIVE;
  }
}

const BINARY = new Set(['==', '!=', 'in', '+', '-', '*', '/', '%', '<', '<=', '>', '>=']);
/** Reading a clock in a time zone takes some microseconds. */
const ZONE_COST = 200;
const SEARCHES = new Set(['contains', 'indexOf', 'lastIndexOf', 'split']);

/**
 * Puts a meter, and the stricter time functions, into a checked expression: cel-js has limits for the text of an
 * expression and none for its evaluation, where `l.all(a, l.all(b, …))` over 10,000 items runs for minutes and
 * `[s + s].map(a, a + a)` doubles a text each time. A loop is charged before it starts, for all of its rounds,
 * and everything else for the size of what it is given: what it makes is at most twice that, and charged when used.
 */
export function guard(root: AstNode, meter: CostMeter): void {
  const seen = new Set<AstNode>();
  visit(root);

  function visit(node: AstNode): void {
    if (seen.has(node)) return;
    seen.add(node);
    guardNode(node, meter);
    runChildren(node).forEach(visit);
  }
}

function guardNode(node: AstNode, meter: CostMeter): void {
  const handle = node.handle;
  if (!handle) return;
  if (BINARY.has(node.op)) {
    node.handle = (left, right, ...rest) => {
      meter.charge(1 + sizeOf(left, meter.left) + sizeOf(right, meter.left));
      return handle(left, right, ...rest);
    };
  } else if (node.op === 'comprehension') {
    const rounds = sizeOfTree((node.args as { step: AstNode }).step);
    node.handle = (items, ...rest) => {
      meter.charge(1 + lengthOf(items) * rounds);
      return handle(items, ...rest);
    };
  } else {
    const call = callOf(node);
    if (!call) return;
    node.handle = (args, ...rest) => {
      const values = args as unknown[];
      meter.charge(callCost(call.name, values, meter.left));
      const problem = checkCallValues(node.op, call.name, values);
      if (problem !== null) throw new Error(problem);
      return zonedPart(node.op, call.name, values) ?? handle(args, ...rest);
    };
  }
}

/** What is wrong with the values given to a function whose own check is too lax, or null. */
export function checkCallValues(op: string, name: string, values: readonly unknown[]): string | null {
  if (op === 'call' && name === 'timestamp') return checkTimestampText(values[0]);
  if (op === 'call' && name === 'duration') return checkDurationText(values[0]);
  if (op === 'rcall' && isCalendarMethod(name) && values.length === 2) return checkZone(values[1]);
  return null;
}

function zonedPart(op: string, name: string, [moment, zone]: readonly unknown[]): bigint | undefined {
  if (op !== 'rcall' || !isCalendarMethod(name) || !(moment instanceof Date)) return undefined;
  if (zone !== undefined && typeof zone !== 'string') return undefined;
  return calendarPart(moment, name, zone);
}

function callCost(name: string, values: readonly unknown[], limit: number): number {
  let cost = isCalendarMethod(name) && values.length === 2 ? ZONE_COST : 1;
  for (const value of values) cost += sizeOf(value, limit);
  const [text, pattern] = values;
  // V8 looks for a text backwards, and in the worst case forwards, by trying every place.
  if (SEARCHES.has(name) && typeof text === 'string' && typeof pattern === 'string') {
    cost += (text.length * pattern.length) / 1_024;
  }
  return cost;
}

/** About what looking at all of a value costs: one unit for 64 characters, 4 items of a list or a member, none for numbers. */
function sizeOf(value: unknown, limit: number): number {
  if (typeof value === 'string') return value.length / 64;
  if (typeof value !== 'object' || value === null) return 0;
  if (value instanceof Uint8Array) return value.length / 64;
  let size = 0;
  const rest: unknown[] = [value];
  while (rest.length > 0 && size <= limit) {
    const next = rest.pop();
    if (typeof next === 'string') size += next.length / 64;
    else if (typeof next === 'object' && next !== null) {
      const members = membersOf(next);
      // Taking an object apart costs more than going along a list.
      size += 0.25 + (Array.isArray(next) ? members.length / 4 : members.length);
      for (const member of members) rest.push(member);
    }
  }
  return size;
}

function membersOf(value: object): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  if (value instanceof Map) return [...(value as Map<unknown, unknown>).values()];
  return Object.values(value);
}

function lengthOf(items: unknown): number {
  if (typeof items !== 'object' || items === null) return 0;
  if (Array.isArray(items)) return items.length;
  return items instanceof Map ? items.size : Object.keys(items).length;
}

function sizeOfTree(node: AstNode): number {
  return runChildren(node).reduce((size, child) => size + sizeOfTree(child), 1);
}
