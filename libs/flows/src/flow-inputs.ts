import { type FlowVariables, pathText, valueAt, type VariablePath } from './flow-variables';
import { cutToCharacters } from './text';

/** How much of what a node looked at is kept with the task, as JSON in UTF-8 bytes. */
const MAX_INPUT_BYTES = 32 * 1024;
/** A long text keeps its beginning when inputs are cut. */
const KEPT_CHARACTERS = 1_000;

/**
 * What a node looked at, by path (`outcome.turns`): the answer to "why is this task as it is". Missing values are left
 * out. When it is over 32 KiB, the largest values go first: long texts are cut, others dropped, and a warning says which.
 */
export function inputsOf(
  paths: readonly VariablePath[],
  variables: FlowVariables,
): { inputs: Record<string, unknown>; warnings: string[] } {
  const entries = new Map<string, { value: unknown; bytes: number }>();
  let total = 2;
  for (const path of paths) {
    const value = valueAt(variables, path);
    if (value === undefined) continue;
    const key = pathText(path);
    const bytes = bytesOf(key, value);
    entries.set(key, { value, bytes });
    total += bytes;
  }
  const warnings: string[] = [];
  while (total > MAX_INPUT_BYTES) {
    const [key, { value, bytes }] = [...entries].reduce((a, b) => (b[1].bytes > a[1].bytes ? b : a));
    const short = typeof value === 'string' ? cutToCharacters(value, KEPT_CHARACTERS) : value;
    total -= bytes;
    if (short === value) {
      entries.delete(key);
      warnings.push(`inputs: ${key.slice(0, 200)} was left out, over 32 KiB in all`);
    } else {
      const cut = { value: short, bytes: bytesOf(key, short) };
      entries.set(key, cut);
      total += cut.bytes;
      warnings.push(`inputs: ${key.slice(0, 200)} was cut, over 32 KiB in all`);
    }
  }
  return { inputs: Object.fromEntries([...entries].map(([key, { value }]) => [key, value])), warnings };
}

function bytesOf(key: string, value: unknown): number {
  return Buffer.byteLength(JSON.stringify(key)) + Buffer.byteLength(JSON.stringify(value)) + 2;
}
