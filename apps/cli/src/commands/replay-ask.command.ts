import { type Command } from 'commander';
import { say, sayJson } from '../output';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption } from './options';
import { operationLine } from './replay-status.command';

/** `replay pause` and `replay abort`: asks the process that runs one. */
export function addReplayAsk(replay: Command, what: 'pause' | 'abort'): void {
  const then = what === 'pause' ? 'it can be gone on with' : 'it has then ended for good; what it did stays';
  replay
    .command(what)
    .summary(`${what} a replay or republishing`)
    .description(`Asks the process that runs it to ${what} after what is under way: ${then}.`)
    .argument('<id>', 'which')
    .addOption(jsonOption())
    .addHelpText('after', examples(`replay ${what} 0192f0c1-2a3b-4c5d-8e9f-0a1b2c3d4e5f`))
    .action(async (id: string, options: { json?: true }) => {
      await load.connections().withOperatorDatabase(cliSettings(), async (db) => {
        const store = new (load.persistence().OperationStore)(db);
        const found = await load.runOperation().findOperation(store, ['replay', 'republish'], id);
        const asked = await store.ask(found.id, what);
        if (!asked) {
          const { CliError } = load.cliError();
          throw new CliError(`${found.kind} ${id} has ended: ${found.status}`);
        }
        if (options.json) sayJson(asked);
        else say(operationLine(asked));
      });
    });
}
