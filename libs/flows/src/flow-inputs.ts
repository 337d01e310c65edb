import { EventBudget, type NodeBudget } from './event-budget';
import { type FlowVariables, pathText, valueAt, type VariablePath } from './flow-variables';
import { cutToCharacters } from './text';

/** How much of what a node looked at is kept with the task, as JSON in UTF-8 bytes. */
const MAX_INPUT_BYTES = 32 * 1024;
/** A long text keeps its beginning when inputs are cut. */
const KEPT_CHARACTERS = 1_000;

/** Warnings about single inputs, before the rest is only counted: an activity has its own limit. */
const NAMED_WARNINGS = 10;
/** JSON is written at some 64 characters a unit, and each path is looked up. */
const UNITS_A_PATH = 5;

interface Input {
  key: string;
  value: unknown;
  bytes: number;
}

/**
 * What a node looked at, by path (`outcome.turns`): the answer to "why is this task as it is". Missing values are left
 * out. When it is over 32 KiB, the largest values go first: long texts are cut, others dropped, and a warning says which. Once the
 * budget is spent, what is left is left out.
 */
export function inputsOf(
  paths: readonly VariablePath[],
  variables: FlowVariables,
  budget: NodeBudget = new EventBudget().node(),
): { inputs: Record<string, unknown>; warnings: string[]; bytes: number } {
  const found: Input[] = [];
  const warnings: string[] = [];
  for (const [i, path] of paths.entries()) {
    if (budget.isSpent) {
      warnings.push(
        `inputs: ${paths.length - i} were left out, the flows together cost too much on this event`,
      );
      break;
    }
    const value = valueAt(variables, path);
    const input = value === undefined ? null : inputOf(pathText(path), value);
    budget.charge(UNITS_A_PATH + (input?.bytes ?? 0) / 64);
    if (input) found.push(input);
  }
  const { kept, cut } = fitted(found);
  const order = new Map(found.map(({ key }, i) => [key, i]));
  kept.sort((a, b) => order.get(a.key)! - order.get(b.key)!);
  warnings.push(...cut.slice(0, NAMED_WARNINGS));
  if (cut.length > NAMED_WARNINGS)
    warnings.push(`inputs: ${cut.length - NAMED_WARNINGS} more were cut or left out, over 32 KiB in all`);
  const bytes = kept.reduce((sum, input) => sum + input.bytes, 2);
  return { inputs: Object.fromEntries(kept.map(({ key, value }) => [key, value])), warnings, bytes };
}

/** What fits of them, and a warning for each that was cut or does not. */
function fitted(inputs: readonly Input[]): { kept: Input[]; cut: string[] } {
  const cut: string[] = [];
  let total = inputs.reduce((sum, { bytes }) => sum + bytes, 2);
  // The largest last. Sorted once: looking for the largest each time takes minutes for thousands of paths.
  const kept = [...inputs].sort((a, b) => a.bytes - b.bytes);
  const shortened: Input[] = [];
  while (total > MAX_INPUT_BYTES) {
    const next = (kept.at(-1)?.bytes ?? -1) >= (shortened.at(-1)?.bytes ?? -1) ? kept : shortened;
    const { key, value, bytes } = next.pop()!;
    total -= bytes;
    const short = typeof value === 'string' ? cutToCharacters(value, KEPT_CHARACTERS) : value;
    if (short === value) cut.push(`inputs: ${key.slice(0, 200)} was left out, over 32 KiB in all`);
    else {
      const input = inputOf(key, short);
      total += input.bytes;
      shortened.push(input);
      shortened.sort((a, b) => a.bytes - b.bytes);
      cut.push(`inputs: ${key.slice(0, 200)} was cut, over 32 KiB in all`);
    }
  }
  return { kept: [...kept, ...shortened], cut };
}

function inputOf(key: string, value: unknown): Input {
  const bytes = Buffer.byteLength(JSON.stringify(key)) + Buffer.byteLength(JSON.stringify(value)) + 2;
  return { key, value, bytes };
}
