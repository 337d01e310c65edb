import { type Command } from 'commander';
import { type LetterId } from '#libs/dead-letters';
import { CliError, EXIT } from '../cli.error';
import { grouped, say, sayJson } from '../output';
import {
  addFilterOptions,
  addOperationOptions,
  type FilterOptions,
  operationFilter,
  type OperationOptions,
} from './dead-letters.options';
import { letterIds } from './dead-letters-show.command';
import { load } from './load';
import { examples, jsonOption } from './options';

interface Options extends FilterOptions, OperationOptions {
  all?: true;
  json?: true;
}

/** `dead-letters discard`: writes down that nothing will be done about them. */
export function addDeadLettersDiscard(deadLetters: Command): void {
  const command = deadLetters
    .command('discard')
    .summary('write down that nothing will be done about dead letters; dry run first')
    .description(
      'Marks dead letters, open or quarantined, as discarded, with the reason; lists and redrives by filter then leave them out. Nothing ' +
        'is deleted: the topic keeps them, and `redrive --discarded` still takes one by name. Without --yes it only says which.',
    )
    .argument('[letters...]', '<topic>/<partition>@<offset>, as list prints them', letterIds);
  addFilterOptions(command).option('--all', 'all that are open or quarantined');
  addOperationOptions(command, 'why, for the audit; required with --yes')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'dead-letters discard --code not_json --topic conversation-events.call',
        "dead-letters discard --code not_json --yes --reason 'a probe of the vendor'",
      ),
    )
    .action((ids: LetterId[], options: Options) => discard(ids, options));
}

async function discard(ids: LetterId[], options: Options): Promise<void> {
  const filter = operationFilter(ids, options);
  const { reason } = options;
  if (options.yes && reason === undefined)
    throw new CliError('--reason is missing', 'Say why nothing will be done about them', EXIT.usage);
  const { discardLetters, idText } = load.letters();
  const { operatorPatience, operatorName } = load.operatorPatience();
  await load.withLetters().withLetters(async ({ db, results, reading }) => {
    const { letters, passedOver, beyond } = await reading((topic) =>
      load.selectLetters().selectLetters(topic, results, filter, ['open', 'quarantined'], options.limit),
    );
    if (!options.yes || letters.length === 0) {
      if (options.json)
        sayJson({
          dryRun: !options.yes,
          discarded: 0,
          letters: letters.map(({ id }) => idText(id)),
          passedOver,
          beyond,
        });
      else {
        const { safe } = load.terminalText();
        for (const { id, code, message } of letters) say(safe(`${idText(id)}  ${code}  ${message}`));
        say(
          letters.length === 0
            ? 'nothing to discard'
            : `dry run, nothing was written; with --yes: ${grouped(letters.length)} discarded`,
        );
      }
      return;
    }
    const progress = load.progress().startProgress('discarded', letters.length);
    const { ids: named, ...rest } = filter;
    const end = await discardLetters(
      letters,
      {
        startedBy: operatorName(options.as),
        reason: reason!,
        parameters: { ...(named && { ids: named.map(idText) }), ...rest },
      },
      {
        results,
        operations: new (load.persistence().OperationStore)(db),
        patience: operatorPatience(),
        onDiscarded: (count) => progress.advance(count),
      },
    ).finally(() => progress.end());
    if (end.status === 'aborted') process.exitCode = EXIT.failed;
    if (options.json) sayJson({ dryRun: false, ...end, passedOver, beyond });
    else {
      say(`${grouped(end.discarded)} discarded`);
      say(`operation ${end.operationId}`);
      if (beyond > 0) say(`${grouped(beyond)} more are meant: do it again for the next (--limit)`);
    }
  });
}
