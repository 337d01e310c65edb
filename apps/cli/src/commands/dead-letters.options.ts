import { type Command, InvalidArgumentError, Option } from 'commander';
import { type LetterFilter, type LetterId } from '#libs/dead-letters';
import { CliError, EXIT } from '../cli.error';
import { wholeNumber } from './options';

/** The options that say which dead letters are meant. */
export interface FilterOptions {
  code?: string;
  stage?: string;
  topic?: string;
  partition?: number;
  tenant?: string;
  since?: string;
  until?: string;
}

const STAGES = ['decode', 'validate', 'flow', 'apply'];
const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

export function addFilterOptions(command: Command): Command {
  return command
    .option('--code <code>', 'of this errors.code')
    .addOption(new Option('--stage <stage>', 'that failed at this stage').choices(STAGES))
    .option('--topic <topic>', "whose record was read there, without the deployment's prefix")
    .option('--partition <n>', 'whose record was read there', wholeNumber(0))
    .option('--tenant <id>', 'of this tenant, as far as it can be told')
    .option('--since <time>', 'that failed at or after it: RFC 3339, or 30m, 2h, 7d ago', pastTime)
    .option('--until <time>', 'that failed before it', pastTime);
}

export function filterOf({
  code,
  stage,
  topic,
  partition,
  tenant,
  since,
  until,
}: FilterOptions): LetterFilter {
  return { code, stage, topic, partition, tenant, since, until };
}

/**
 * What an operation is about: letters by name, or a filter; never everything by an oversight.
 *
 * @throws CliError when nothing, or both, is said.
 */
export function operationFilter(ids: LetterId[], options: FilterOptions & { all?: true }): LetterFilter {
  const filter = filterOf(options);
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  if (ids.length > 0 && (isFiltered || options.all)) {
    throw new CliError('letters are named, and a filter is given', 'Give one of them', EXIT.usage);
  }
  if (ids.length > 0) return { ids };
  if (isFiltered || options.all) return filter;
  throw new CliError(
    'it is not said which letters are meant',
    'Name them as dead-letters list prints them, or give a filter such as --code, or --all',
    EXIT.usage,
  );
}

/** A moment as `errors.at` has it: RFC 3339 in UTC with milliseconds. */
export function pastTime(text: string): string {
  const ago = /^(\d{1,6})([mhd])$/.exec(text);
  const time = ago ? Date.now() - Number(ago[1]) * UNITS[ago[2]!]! : Date.parse(text);
  const isTime = ago !== null || /^\d{4}-\d\d-\d\d/.test(text);
  if (isTime && Number.isFinite(time)) return new Date(time).toISOString();
  throw new InvalidArgumentError('It must be a time such as 2026-11-25T08:00:00Z, or 2h for two hours ago.');
}

/** Options of what changes something. */
export interface OperationOptions {
  yes?: true;
  as?: string;
  reason?: string;
  limit: number;
}

export function addOperationOptions(command: Command, reason: string): Command {
  return command
    .option('--yes', 'do it; without it, it is only said what would be done')
    .option('--reason <text>', reason, printable)
    .option('--as <who>', "who is asking, for the audit; otherwise the operating system's user", printable)
    .option(
      '--limit <n>',
      'so many letters at most, the first by topic, partition and offset',
      wholeNumber(1, 100_000),
      10_000,
    );
}

function printable(text: string): string {
  if (/^[^\p{Cc}\p{Cs}]{1,500}$/u.test(text) && text.trim()) return text;
  throw new InvalidArgumentError('It must be 1 to 500 printable characters.');
}
