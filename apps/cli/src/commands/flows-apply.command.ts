import { type Command } from 'commander';
import { say, sayJson } from '../output';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption, tenantOption } from './options';

/** `flows apply`: saves flows. */
export function addFlowsApply(flows: Command): void {
  flows
    .command('apply')
    .summary('save flows: all of them, or none')
    .description(
      'Checks and saves the flows in FILE (JSON: one flow or a list), each changed one as a new version. Returns once every ' +
        'later event sees them. A flow that cannot be right is refused with the place of each problem, and nothing is saved.',
    )
    .argument('<file>', 'the flows')
    .addOption(tenantOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('flows apply flows.json', 'flows apply flows.json --tenant demo --json'))
    .action(async (file: string, options: { tenant: string; json?: true }) => {
      const { applyFlows, readFlowsFile } = load.applyFlows();
      const settings = cliSettings();
      const definitions = await readFlowsFile(file);
      const saved = await load
        .connections()
        .withDatabase(settings, (db) => applyFlows(db, options.tenant, definitions));
      if (options.json) sayJson(saved);
      else
        for (const { id, version, became } of saved)
          say(
            `${id}: ${became === 'created' ? became : became === 'unchanged' ? `unchanged, version ${version}` : `version ${version}`}`,
          );
    });
}
