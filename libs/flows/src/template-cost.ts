import { defaultOperators, filters, type Liquid } from 'liquidjs';
import { type CostMeter } from './event-budget';
import { lengthOf, searchCost, sizeOf } from './value-size';

/** Filters that look into each item by a generator, at 1–3 µs an item. */
const LOOK_INTO_ITEMS = new Set(['map', 'sort', 'sum', 'where']);
const SEARCHES = new Set(['split', 'replace', 'replace_first', 'remove', 'remove_first']);
const DATE_UNITS = 500;
/** liquidjs makes a formatter for each name (`%A`, `%B`) and for a zone, in 50–100 µs. */
const NAMED_UNITS = 5_000;
const NAMES_IN_DATES = /%[^A-Za-z%]*[aAbBhcxXZ]/g;
const LONGEST_DATE_FORMAT = 100;

/** What a template costs however little it is given: each tag, output and filter of it. */
export function ownCost(source: string): number {
  return 20 * (source.match(/\{[{%]|\|/g)?.length ?? 0);
}

/** Puts a meter into an engine's filters and operators: liquidjs bounds what they make, not how long that takes. */
export function meterEngine(engine: Liquid, names: readonly string[], meter: CostMeter): void {
  for (const name of names) {
    const handler = filters[name as keyof typeof filters] as (this: unknown, ...args: unknown[]) => unknown;
    engine.registerFilter(name, function (this: unknown, ...args: unknown[]) {
      meter.charge(filterCost(name, args, meter.left));
      return handler.apply(this, args);
    });
  }
}

/** liquidjs's operators, with a meter in those that compare lists and search texts. */
export function meteredOperators(meter: CostMeter): typeof defaultOperators {
  const metered = Object.fromEntries(
    (['==', '!=', 'contains'] as const).map((name) => {
      const operator = defaultOperators[name] as (...args: unknown[]) => unknown;
      return [
        name,
        function (left: unknown, right: unknown, ...rest: unknown[]) {
          meter.charge(
            1 + 8 * (sizeOf(left, meter.left) + sizeOf(right, meter.left)) + searchCost(left, right),
          );
          return operator(left, right, ...rest);
        },
      ];
    }),
  );
  return { ...defaultOperators, ...metered } as typeof defaultOperators;
}

function filterCost(name: string, args: readonly unknown[], limit: number): number {
  const [value, ...rest] = args;
  let cost = 1;
  for (const arg of args) cost += typeof arg === 'string' ? arg.length / 16 : sizeOf(arg, limit);
  if (LOOK_INTO_ITEMS.has(name)) {
    const each = rest.reduce(
      (sum: number, arg) => sum + (typeof arg === 'string' ? arg.length / 4 : sizeOf(arg, limit)),
      50,
    );
    cost += lengthOf(value) * each;
  }
  if (SEARCHES.has(name)) cost += searchCost(value, rest[0]);
  if (name === 'date') cost += dateCost(rest[0], rest[1]);
  return cost;
}

/** @throws Error for a format that is longer than any date. */
function dateCost(format: unknown, zone: unknown): number {
  if (typeof format !== 'string') return DATE_UNITS + 3 * NAMED_UNITS;
  if (format.length > LONGEST_DATE_FORMAT)
    throw new Error(`a date's format must have at most ${LONGEST_DATE_FORMAT} characters`);
  const named = (format.match(NAMES_IN_DATES)?.length ?? 0) + (zone === undefined ? 0 : 1);
  return DATE_UNITS + named * NAMED_UNITS;
}
