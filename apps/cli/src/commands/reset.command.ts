import { type Command } from 'commander';
import { CliError, EXIT } from '../cli.error';
import { say, sayJson } from '../output';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption } from './options';

interface Options {
  yes?: true;
  positions?: string;
  json?: true;
}

/** `reset`: clears the stack's data; or forgets how far a topic was read. */
export function addReset(program: Command): void {
  program
    .command('reset')
    .summary("clear the stack's data, or forget how far a topic was read")
    .description(
      'Clears all data of the stack that `npm start` runs; on servers of your own it asks for --yes. With --positions it only ' +
        'forgets the stored positions of an input topic that was made anew: workers then read it from its beginning. Stop them first.',
    )
    .option('--yes', 'do it without asking')
    .option('--positions <topic>', "an input topic, without the deployment's prefix")
    .addOption(jsonOption())
    .addHelpText('after', examples('reset --yes', 'reset --positions conversation-events.call'))
    .action((options: Options) =>
      options.positions === undefined ? resetAll(options) : forget(options.positions, options),
    );
}

async function resetAll(options: Options): Promise<void> {
  const deleted = await load.stack().resetStack({ yes: options.yes ?? false });
  if (options.json) sayJson({ deleted });
  else say(deleted);
}

async function forget(topic: string, options: Options): Promise<void> {
  const inputs = load
    .contracts()
    .TOPICS.filter(({ direction }) => direction === 'in')
    .map(({ name }) => name);
  if (!inputs.includes(topic)) {
    throw new CliError(`${topic} is no input topic`, `Input topics are ${inputs.join(', ')}`, EXIT.usage);
  }
  const settings = cliSettings();
  const forgotten = await load
    .connections()
    .withOperatorDatabase(settings, (db) => new (load.persistence().InputPositionStore)(db).forget(topic));
  if (options.json) sayJson({ topic, forgotten });
  else say(`${topic}: ${forgotten} positions forgotten`);
}
