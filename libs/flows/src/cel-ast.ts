import { type ParseResult } from '@marcbachmann/cel-js';
import { isVariable, type VariablePath } from './flow-variables';

/**
 * cel-js's syntax tree as this library sees it: what its own types say, and the parts they leave out, which
 * `cel-expression.spec.ts` holds on to (`handle`, `meta`, `checkedType` appear when an expression is checked).
 */
export interface AstNode {
  op: string;
  args: unknown;
  start: number;
  end: number;
  /** What an operator, call or comprehension does with its operands' values; can be replaced. */
  handle?: (...args: unknown[]) => unknown;
  /** The type found by the check. */
  checkedType?: { name: string };
  /** `alternate` stands in for a macro that was expanded, or a constant; `macro` is one that was not (`has`). */
  meta: { alternate?: AstNode; macro?: unknown };
}

/** The tree's root. */
export function rootOf(parsed: ParseResult): AstNode {
  return parsed.ast as unknown as AstNode;
}

/** The nodes right below one, as written; macros are not expanded. */
function writtenChildren(node: AstNode): AstNode[] {
  const args = node.args as AstNode[];
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
      return [args[0]!];
    case 'call':
      return (node.args as [string, AstNode[]])[1];
    case 'rcall': {
      const [, receiver, rest] = node.args as [string, AstNode, AstNode[]];
      return [receiver, ...rest];
    }
    case 'map':
      return (node.args as [AstNode, AstNode][]).flat();
    case '!_':
    case '-_':
      return [node.args as AstNode];
    default:
      return args;
  }
}

/** The nodes right below one, as they are run: the parts of a comprehension instead of the macro. */
export function runChildren(node: AstNode): AstNode[] {
  if (node.meta.alternate) return [node.meta.alternate];
  if (node.meta.macro) return [];
  switch (node.op) {
    case 'comprehension': {
      const { iterable, init, step } = node.args as { iterable: AstNode; init: AstNode; step: AstNode };
      return [iterable, init, step];
    }
    case 'accuPush':
      return [node.args as AstNode];
    case 'accuValue':
    case 'accuInc':
      return [];
    default:
      return writtenChildren(node);
  }
}

/** A node and all below it, as written. */
export function* writtenNodes(node: AstNode): Generator<AstNode> {
  yield node;
  for (const child of writtenChildren(node)) yield* writtenNodes(child);
}

/** The name and arguments of a function or method call, else null; a method's receiver comes first. */
export function callOf(node: AstNode): { name: string; args: AstNode[] } | null {
  if (node.op !== 'call' && node.op !== 'rcall') return null;
  return { name: (node.args as [string])[0], args: writtenChildren(node) };
}

/** The variable a macro such as `list.exists(x, …)` introduces, else null. */
export function macroVariable(node: AstNode): string | null {
  if (node.op !== 'rcall' || node.meta.alternate?.op !== 'comprehension') return null;
  const first = writtenChildren(node)[1];
  return first?.op === 'id' ? (first.args as string) : null;
}

/**
 * Every place in the variables an expression looks at, as far as the text tells: `outcome.slots[outcome.key]`
 * looks at `outcome.slots` and `outcome.key`. A macro's own variable is none; it cannot have a variable's name.
 */
export function pathsOf(root: AstNode): VariablePath[] {
  const paths: VariablePath[] = [];
  visit(root);
  return paths;

  function visit(node: AstNode): void {
    const path = pathOf(node, visit);
    if (path) paths.push(path);
    else writtenChildren(node).forEach(visit);
  }
}

/** The path a chain of members and constant indexes stands for, or null; computed indexes end it and are given to `onIndex`. */
export function pathOf(node: AstNode, onIndex: (index: AstNode) => void = () => {}): VariablePath | null {
  if (node.op === 'id') return isVariable(node.args) ? [node.args as string] : null;
  if (node.op !== '.' && node.op !== '[]') return null;
  const [object, key] = node.args as [AstNode, string | AstNode];
  const path = pathOf(object, onIndex);
  if (!path) return null;
  if (typeof key !== 'string' && key.op !== 'value') {
    onIndex(key);
    return path;
  }
  const step = hasComputedIndex(object) ? null : typeof key === 'string' ? key : stepOf(key.args);
  return step === null ? path : [...path, step];
}

function hasComputedIndex(node: AstNode): boolean {
  if (node.op !== '.' && node.op !== '[]') return false;
  const [object, key] = node.args as [AstNode, string | AstNode];
  return (typeof key !== 'string' && key.op !== 'value') || hasComputedIndex(object);
}

function stepOf(key: unknown): string | number | null {
  if (typeof key === 'bigint') return Number(key);
  return typeof key === 'string' || typeof key === 'number' ? key : null;
}

/** The expressions whose value a whole expression may have: both branches of `?:`, what is inside `dyn()`. */
export function resultsOf(node: AstNode): AstNode[] {
  if (node.op === '?:') return (node.args as AstNode[]).slice(1).flatMap(resultsOf);
  const call = callOf(node);
  if (node.op === 'call' && call?.name === 'dyn' && call.args.length === 1) return resultsOf(call.args[0]!);
  return [node];
}
