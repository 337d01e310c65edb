import { CliError } from '../cli.error';

/** A line of an events file: what is to be published, with the event not yet encoded. */
export interface EventLine {
  /** 1 is the first. */
  number: number;
  /** Without the deployment's prefix. */
  topic: string;
  key: string | null;
  headers: Record<string, string | string[]>;
  /** An event, or text to send byte for byte, or a tombstone. */
  value: Record<string, unknown> | string | null;
}

/** A line that cannot be published; the message names line and field. */
export class BadLineError extends CliError {
  constructor(
    readonly line: number,
    readonly field: string,
    problem: string,
  ) {
    super(`line ${line}: ${field} ${problem}`);
  }
}

/**
 * Reads one line of an events file.
 *
 * @returns null for an empty line.
 * @throws BadLineError
 */
export function parseEventLine(text: string, number: number): EventLine | null {
  if (text.trim() === '') return null;
  const line = parseJson(text, number);
  if (!isRecord(line))
    throw new BadLineError(number, 'it', 'must be an object {"topic","key","headers"?,"value"}');
  const { topic, key, headers, value } = line;
  if (typeof topic !== 'string' || !/^[A-Za-z0-9._-]{1,249}$/.test(topic)) {
    throw new BadLineError(number, 'topic', "must be a topic's name without the deployment's prefix");
  }
  if (key !== undefined && key !== null && typeof key !== 'string') {
    throw new BadLineError(number, 'key', 'must be text or null');
  }
  if (value !== null && typeof value !== 'string' && !isRecord(value)) {
    const problem = 'value' in line ? 'must be an event, text or null' : 'is missing: an event, text or null';
    throw new BadLineError(number, 'value', problem);
  }
  return { number, topic, key: key ?? null, headers: headersOf(headers, number), value };
}

function headersOf(headers: unknown, number: number): EventLine['headers'] {
  if (headers === undefined || headers === null) return {};
  if (!isRecord(headers)) throw new BadLineError(number, 'headers', 'must be an object of text');
  for (const [name, value] of Object.entries(headers)) {
    const isText =
      typeof value === 'string' || (Array.isArray(value) && value.every((each) => typeof each === 'string'));
    if (!isText) throw new BadLineError(number, `headers.${name}`, 'must be text, or a list of texts');
  }
  return headers as EventLine['headers'];
}

function parseJson(text: string, number: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadLineError(number, 'it', 'is not JSON');
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
