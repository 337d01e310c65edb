import { type AstNode, callOf, runChildren } from './cel-ast';
import { type CostMeter } from './event-budget';
import { lengthOf, searchCost, sizeOf } from './value-size';
import { calendarPart, checkDurationText, checkTimestampText, checkZone, isCalendarMethod } from './cel-time';

const BINARY = new Set(['==', '!=', 'in', '+', '-', '*', '/', '%', '<', '<=', '>', '>=']);
/** Reading a clock in a time zone takes some microseconds, and some fifty when it is the first time, or there is no such zone. */
const ZONE_COST = 1_000;
/** Go through a text character by character, where others compare it word by word. */
const WALKS = new Set(['size', 'lowerAscii', 'upperAscii']);
const SEARCHES = new Set(['contains', 'indexOf', 'lastIndexOf', 'split']);

/**
 * Puts a meter, and the stricter time functions, into a checked expression: cel-js has limits for the text of an
 * expression and none for its evaluation, where `l.all(a, l.all(b, …))` over 10,000 items runs for minutes and
 * `[s + s].map(a, a + a)` doubles a text each time. A loop is charged before it starts, for all of its rounds,
 * and everything else for the size of what it is given: what it makes is not much larger, and charged when used. Where it can be
 * much larger (`join`, `split`, `json`) that is charged too, before it is made.
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
  if (WALKS.has(name) && typeof values[0] === 'string') cost += values[0].length / 16;
  if (SEARCHES.has(name)) cost += searchCost(values[0], values[1]);
  return cost + madeCost(name, values);
}

/** What a call's result costs, where that may be much more than what it is given. */
function madeCost(name: string, [value, separator]: readonly unknown[]): number {
  switch (name) {
    case 'split':
      return typeof value === 'string' ? value.length / 4 : 0;
    case 'join':
      return typeof separator === 'string' ? (lengthOf(value) * separator.length) / 64 : 0;
    case 'json':
      return value instanceof Uint8Array ? value.length / 2 : 0;
    default:
      return 0;
  }
}

function sizeOfTree(node: AstNode): number {
  return runChildren(node).reduce((size, child) => size + sizeOfTree(child), 1);
}
