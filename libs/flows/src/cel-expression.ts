import { type ParseResult } from '@marcbachmann/cel-js';
import {
  type AstNode,
  callOf,
  macroVariable,
  pathOf,
  pathsOf,
  resultsOf,
  rootOf,
  writtenNodes,
} from './cel-ast';
import { type CelContext } from './cel-context';
import { environment } from './cel-environment';
import { checkCallValues, guard } from './cel-guard';
import { CostMeter, EventBudget, type NodeBudget } from './event-budget';
import { FLOW_LIMITS } from './flow-definition';
import { checkPath, isVariable, type VariablePath } from './flow-variables';
import { checkText } from './json-shape';

/** What an expression gave for an event, or why it gave nothing. */
export type CelResult = { ok: true; value: unknown } | { ok: false; problem: string };

/** A value the expression may have, as far as its text tells: its type, and the node for those who look closer. */
export interface PossibleResult {
  type: string;
  node: AstNode;
}

/** A checked expression, ready to run. */
export class CelExpression {
  readonly paths: readonly VariablePath[];
  /** The values it may have: one for each branch of `?:`. */
  readonly results: readonly PossibleResult[];
  private readonly meter = new CostMeter('expression');

  constructor(private readonly parsed: ParseResult) {
    const root = rootOf(parsed);
    this.paths = pathsOf(root);
    this.results = resultsOf(root).map((node) => ({ type: node.checkedType?.name ?? 'dyn', node }));
    guard(root, this.meter);
  }

  /** Runs it. Never throws, and costs no more than the budget allows, whatever the variables hold. */
  evaluate(context: CelContext, budget: NodeBudget = new EventBudget().node()): CelResult {
    this.meter.start(budget.allowance);
    const result = this.run(context);
    budget.charge(this.meter.spent);
    // Asked last: `||`, `exists` and others swallow the error, or report another one.
    return this.meter.isSpent ? { ok: false, problem: this.meter.problem } : result;
  }

  private run(context: CelContext): CelResult {
    try {
      return { ok: true, value: this.parsed(context) as unknown };
    } catch (error) {
      return { ok: false, problem: sentenceOf(error) };
    }
  }
}

/** Compiles an expression, or says what is wrong with it: syntax, types, names, and what can never be evaluated. */
export function compileCel(
  source: unknown,
): { ok: true; expression: CelExpression } | { ok: false; problem: string } {
  const textProblem = checkText(source, FLOW_LIMITS.expression);
  if (textProblem !== null) return { ok: false, problem: textProblem };
  let parsed: ParseResult;
  try {
    parsed = environment.parse(source as string);
  } catch (error) {
    return { ok: false, problem: withPlace(error) };
  }
  const refused = refuse(rootOf(parsed), refuseWritten);
  if (refused !== null) return { ok: false, problem: refused };
  const checked = parsed.check();
  if (!checked.valid) return { ok: false, problem: withPlace(checked.error) };
  const wrong = refuse(rootOf(parsed), refuseChecked);
  if (wrong !== null) return { ok: false, problem: wrong };
  const expression = new CelExpression(parsed);
  const misspelt = expression.paths.map(checkPath).find((problem) => problem !== null);
  return misspelt === undefined ? { ok: true, expression } : { ok: false, problem: misspelt! };
}

function refuse(root: AstNode, rule: (node: AstNode) => string | null): string | null {
  for (const node of writtenNodes(root)) {
    const problem = rule(node);
    if (problem !== null) return `${problem} (at character ${node.start + 1})`;
  }
  return null;
}

function refuseWritten(node: AstNode): string | null {
  const call = callOf(node);
  if (call?.name === 'matches')
    return 'matches() is not available, since a pattern can take for ever; use startsWith, endsWith, contains or ==';
  if (node.op === 'id' && node.args === 'cel') return 'cel.bind() is not available';
  const variable = macroVariable(node);
  if (variable !== null && isVariable(variable))
    return `${variable} is a variable already; give the macro's another name`;
  return null;
}

function refuseChecked(node: AstNode): string | null {
  const call = callOf(node);
  if (call) {
    const constants = call.args.map((arg) => (arg.op === 'value' ? arg.args : undefined));
    return checkCallValues(node.op, call.name, constants);
  }
  if (!['+', '-', '*', '/', '%'].includes(node.op)) return null;
  const sides = node.args as [AstNode, AstNode];
  const integer = sides.findIndex((side) => side.checkedType?.name === 'int');
  const other = sides[1 - integer];
  if (integer < 0 || !other || pathOf(other)?.[0] !== 'outcome') return null;
  return `numbers in outcome are doubles, and a double ${node.op} an int never works: write 1.0 instead of 1, or int(…)`;
}

interface CelErrorParts {
  summary?: string;
  message?: string;
  range?: { start: number };
}

function withPlace(error: unknown): string {
  const { range } = error as CelErrorParts;
  return range ? `${sentenceOf(error)} (at character ${range.start + 1})` : sentenceOf(error);
}

/** An error in one line, as the continuation of a sentence. */
function sentenceOf(error: unknown): string {
  const { summary, message } = (error ?? {}) as CelErrorParts;
  const text = (summary ?? message ?? 'cannot be evaluated').split('\n')[0]!.slice(0, 200);
  return text.charAt(0).toLowerCase() + text.slice(1);
}
