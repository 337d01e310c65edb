import { type Command } from 'commander';
import { type Operation } from '#libs/persistence';
import { grouped, say, sayJson } from '../output';
import { type ReplayProgress } from '#libs/operations';
import { type RepublishProgress } from '../republish/republish';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption, wholeNumber } from './options';

const KINDS = ['replay', 'republish'] as const;

/** `replay status`: what was and is replayed. */
export function addReplayStatus(replay: Command): void {
  replay
    .command('status')
    .summary('show what was and is replayed or republished')
    .description(
      'Lists the latest replays and republishings: who began each, when and why, how far it got; or all about one.',
    )
    .argument('[id]', 'one of them')
    .option('--limit <n>', 'how many to list', wholeNumber(1, 10_000), 20)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('replay status', 'replay status 0192f0c1-2a3b-4c5d-8e9f-0a1b2c3d4e5f --json'),
    )
    .action(status);
}

async function status(id: string | undefined, options: { limit: number; json?: true }): Promise<void> {
  await load.connections().withOperatorDatabase(cliSettings(), async (db) => {
    const store = new (load.persistence().OperationStore)(db);
    if (id === undefined) {
      const operations = await store.latest(KINDS, options.limit);
      if (options.json) sayJson(operations);
      else if (operations.length === 0) say('nothing was replayed yet');
      else for (const operation of operations) say(operationLine(operation));
      return;
    }
    const operation = await load.runOperation().findOperation(store, KINDS, id);
    if (options.json) {
      sayJson(operation);
      return;
    }
    say(operationLine(operation));
    say(`parameters: ${JSON.stringify(operation.parameters)}`);
    const { failure, counts } = operation.progress as Partial<ReplayProgress>;
    if (failure !== undefined) say(`failure: ${failure}`);
    if (counts) for (const line of load.replayText().countsText(counts, 'did')) say(line);
  });
}

/** One operation in one line. */
export function operationLine(operation: Operation): string {
  const { id, kind, silent, asked, startedBy, startedAt, endedAt, reason } = operation;
  const state = silent ? 'its process is gone' : asked ? `asked to ${asked}` : operation.status;
  const until = endedAt ? ` to ${endedAt.toISOString()}` : '';
  const why = reason === null ? '' : ` (${reason})`;
  return `${id}  ${kind} ${state}  ${startedAt.toISOString()}${until}  by ${startedBy}${why}: ${gotTo(operation)}`;
}

function gotTo({ kind, progress }: Operation): string {
  if (kind === 'republish') return `${grouped((progress as RepublishProgress).written)} activities written`;
  const { ranges, counts } = progress as ReplayProgress;
  const left = load.operations().recordsLeft(ranges);
  return `${grouped(counts.new)} new, ${grouped(counts.there)} already there, ${grouped(counts.differs)} differing, ${grouped(left)} records to go`;
}
