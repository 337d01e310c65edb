import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ReplaySelection } from '#libs/operations';
import { load } from './load';
import { tenantId, wholeNumber } from './options';

export interface SelectionOptions {
  topic?: string[];
  partition?: number[];
  fromOffset?: number;
  toOffset?: number;
  from?: Date;
  to?: Date;
  tenant?: string;
  conversation?: string;
  key?: string;
  type?: string[];
}

/** The options that say what to replay. */
export function withSelection(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--topic <name>',
        'a conversation topic, without the prefix; may be repeated; otherwise all three',
      ).argParser(repeated((text: string) => text)),
    )
    .addOption(
      new Option('--partition <n>', 'of each topic; may be repeated; otherwise all').argParser(
        repeated(wholeNumber(0, 100_000)),
      ),
    )
    .option('--from-offset <n>', 'of each partition', wholeNumber(0))
    .option('--to-offset <n>', 'of each partition, itself not included', wholeNumber(0))
    .addOption(
      new Option('--from <time>', 'records from this time on, RFC 3339, by their Kafka timestamps')
        .argParser(moment)
        .conflicts('fromOffset'),
    )
    .addOption(new Option('--to <time>', 'records before this time').argParser(moment).conflicts('toOffset'))
    .option('--tenant <id>', 'of this tenant alone; otherwise of all', tenantId)
    .option('--conversation <id>', 'of this conversation alone')
    .option('--key <key>', 'under this record key alone')
    .addOption(
      new Option('--type <type>', 'of this event type, such as task.create.v1; may be repeated').argParser(
        repeated((text: string) => text),
      ),
    );
}

/** @throws CliError for a topic that is not replayed. */
export function selectionOf(options: SelectionOptions): ReplaySelection {
  const { CliError, EXIT } = load.cliError();
  const { CONVERSATION_TOPICS, WORKFORCE_TOPIC } = load.contracts();
  const known = Object.values(CONVERSATION_TOPICS);
  const topics = options.topic ?? known;
  for (const topic of topics) {
    if (topic === WORKFORCE_TOPIC) {
      throw new CliError(
        'workforce is not replayed: it is compacted, its latest records are what stands, and every worker reads it by itself',
        "To have it read again, see 'Reading everything again' in docs/operations.md",
        EXIT.usage,
      );
    }
    if (!known.includes(topic))
      throw new CliError(`${topic} is no conversation topic`, `They are ${known.join(', ')}`, EXIT.usage);
  }
  const { tenant, conversation, key, type: types } = options;
  return {
    topics: [...new Set(topics)],
    partitions: options.partition ?? null,
    fromOffset: options.fromOffset?.toString() ?? null,
    toOffset: options.toOffset?.toString() ?? null,
    from: options.from?.toISOString() ?? null,
    to: options.to?.toISOString() ?? null,
    filter: {
      ...(tenant !== undefined && { tenant }),
      ...(conversation !== undefined && { conversation }),
      ...(key !== undefined && { key }),
      ...(types !== undefined && { types }),
    },
  };
}

/** A moment such as 2026-03-05T06:00:00Z. @throws InvalidArgumentError */
export function moment(text: string): Date {
  const date = new Date(text);
  if (/^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/i.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError('It must be a time such as 2026-03-05T06:00:00Z.');
}

/** Collects the values of an option that may be given more than once. */
export function repeated<T>(parse: (text: string) => T): (text: string, before: T[] | undefined) => T[] {
  return (text, before) => [...(before ?? []), parse(text)];
}

/** The options that say who does something, and why. */
export function withAudit(command: Command): Command {
  return command
    .option('--reason <text>', 'why, for the audit')
    .option('--as <who>', 'who does it, for the audit; otherwise the user of this machine');
}
