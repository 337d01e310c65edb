import { Liquid, type Template } from 'liquidjs';
import { isRfc3339 } from './due-literal';
import { CostMeter, EventBudget, type NodeBudget } from './event-budget';
import { FLOW_LIMITS } from './flow-definition';
import { checkPath, type FlowVariables, pathText, valueAt, type VariablePath } from './flow-variables';
import { checkText, shown } from './json-shape';
import { meterEngine, meteredOperators, ownCost } from './template-cost';

/** No loops, no other files, nothing that reads a clock or dice. */
const TAGS = ['#', 'assign', 'case', 'comment', 'if', 'raw', 'unless'];
const FILTERS = [
  ...[
    'abs',
    'append',
    'at_least',
    'at_most',
    'capitalize',
    'ceil',
    'compact',
    'concat',
    'date',
    'default',
    'divided_by',
  ],
  ...[
    'downcase',
    'first',
    'floor',
    'join',
    'json',
    'last',
    'lstrip',
    'map',
    'minus',
    'modulo',
    'plus',
    'prepend',
  ],
  ...[
    'remove',
    'remove_first',
    'replace',
    'replace_first',
    'reverse',
    'round',
    'rstrip',
    'size',
    'slice',
    'sort',
    'split',
  ],
  ...['strip', 'strip_newlines', 'sum', 'times', 'truncate', 'truncatewords', 'uniq', 'upcase', 'where'],
];

/** Of the template that is being rendered: rendering is synchronous, so there is one at a time. */
const meter = new CostMeter('template');

/**
 * Strict: an unknown filter or tag is refused when a flow is saved, a missing variable fails when it is rendered, and only own
 * properties are seen. `if` and `default` may ask for what is missing. liquidjs's limit on rendering *time* is
 * not set: a machine that stalls would give another title. What filters, operators and outputs cost is counted instead.
 */
const engine = new Liquid({
  strictFilters: true,
  strictVariables: true,
  ownPropertyOnly: true,
  lenientIf: true,
  timezoneOffset: 0,
  locale: 'en-US',
  parseLimit: FLOW_LIMITS.template,
  memoryLimit: 500_000,
  outputEscape: printable,
  operators: meteredOperators(meter),
});
keepOnly(engine.tags, TAGS);
keepOnly(engine.filters, FILTERS);
meterEngine(engine, FILTERS, meter);
const meteredDate = engine.filters['date'] as (...args: unknown[]) => unknown;
engine.registerFilter('date', function (this: unknown, value: unknown, ...format: unknown[]) {
  // liquidjs would take "now" for the machine's clock, and anything else that `Date` accepts.
  const text = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}T00:00:00Z` : value;
  if (typeof text !== 'string' || !isRfc3339(text)) throw new Error(`not a date: ${shown(value)}`);
  return meteredDate.call(this, text, ...format);
});

const NO_VALUE = 'there is no value to print';

/** A template, ready to render. */
export class TextTemplate {
  constructor(
    private readonly parsed: Template[],
    readonly paths: readonly VariablePath[],
    /** What it costs however little it is given, in units of the budget. */
    private readonly cost: number,
  ) {}

  /** Renders it. Never throws: something missing is a problem, and so is a cost beyond the budget. */
  render(
    variables: FlowVariables,
    budget: NodeBudget = new EventBudget().node(),
  ): { ok: true; value: string } | { ok: false; problem: string } {
    meter.start(budget.allowance);
    const result = this.run(variables);
    budget.charge(meter.spent);
    return meter.isSpent ? { ok: false, problem: meter.problem } : result;
  }

  private run({
    event,
    conversation,
    outcome,
  }: FlowVariables): { ok: true; value: string } | { ok: false; problem: string } {
    try {
      meter.charge(this.cost);
      return { ok: true, value: engine.renderSync(this.parsed, { event, conversation, outcome }) as string };
    } catch (error) {
      return {
        ok: false,
        problem: this.missing(error, { event, conversation, outcome }) ?? sentenceOf(error),
      };
    }
  }

  /** Liquid does not say which variable was null. */
  private missing(error: unknown, variables: FlowVariables): string | null {
    if (!(error instanceof Error) || !error.message.includes(NO_VALUE)) return null;
    const names = this.paths.filter((path) => valueAt(variables, path) == null).map(pathText);
    return names.length > 0 ? `no value for ${names.join(', ')}` : null;
  }
}

/** Compiles a template, or says what is wrong with it: syntax, unknown tags and filters, misspelt names. */
export function compileTemplate(
  source: unknown,
  maxCharacters: number = FLOW_LIMITS.template,
): { ok: true; template: TextTemplate } | { ok: false; problem: string } {
  const textProblem = checkText(source, maxCharacters);
  if (textProblem !== null) return { ok: false, problem: textProblem };
  if (/(['"])(now|today)\1\s*\|\s*date\b/.test(source as string)) {
    return { ok: false, problem: 'there is no present time in a flow; use event.time' };
  }
  try {
    const parsed = engine.parse(source as string);
    const used = engine.globalVariableSegmentsSync(parsed);
    const whole = used.find((segments) => segments.length === 1);
    if (whole && checkPath(whole as [string]) === null) {
      return { ok: false, problem: `${String(whole[0])} is an object; name one of its members` };
    }
    const paths = used.flatMap(pathsOfSegments);
    const misspelt = paths.map(checkPath).find((problem) => problem !== null);
    if (misspelt != null) return { ok: false, problem: misspelt };
    return { ok: true, template: new TextTemplate(parsed, paths, ownCost(source as string)) };
  } catch (error) {
    return { ok: false, problem: sentenceOf(error, true) };
  }
}

type Segments = (string | number | Segments)[];

/** The static part of a variable's path, and the paths inside its computed indexes. */
function pathsOfSegments(segments: Segments): VariablePath[] {
  const computed = segments.findIndex((segment) => Array.isArray(segment));
  const path = (computed < 0 ? segments : segments.slice(0, computed)) as (string | number)[];
  const inner = segments.filter((segment) => Array.isArray(segment));
  return [path, ...inner.flatMap(pathsOfSegments)];
}

/** Liquid would print an object as "[object Object]", and null as nothing. */
function printable(value: unknown): string {
  if (value === null || value === undefined) throw new Error(NO_VALUE);
  if (Array.isArray(value)) throw new Error('a list cannot be printed; use join');
  if (typeof value === 'object') throw new Error('an object cannot be printed; name one of its members');
  const text = String(value);
  meter.charge(text.length / 16);
  return text;
}

function keepOnly(registry: Record<string, unknown>, names: readonly string[]): void {
  for (const name of Object.keys(registry)) if (!names.includes(name)) delete registry[name];
}

/** A liquidjs error in one line; with its place in the template when that is what matters. */
function sentenceOf(error: unknown, withPlace = false): string {
  const message = error instanceof Error ? error.message.split('\n')[0]! : 'cannot be rendered';
  return (withPlace ? message : message.replace(/, line:\d+, col:\d+$/, '')).slice(0, 200);
}
