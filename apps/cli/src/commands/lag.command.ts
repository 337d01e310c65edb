import { type Command } from 'commander';
import { say, sayJson } from '../output';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption } from './options';

/** `lag`: what is still to be read, and still to be published. */
export function addLag(program: Command): void {
  program
    .command('lag')
    .summary('what is still to be read, and still to be published')
    .description(
      'For each input partition: the offset the group committed, the one stored with the data (which counts), the end, and how ' +
        'many records are not applied yet. For each shard: how far its logs go, and how far they were published.',
    )
    .addOption(jsonOption())
    .addHelpText('after', examples('lag', 'lag --json'))
    .action(async (options: { json?: true }) => {
      const settings = cliSettings();
      const { openKafka, withDatabase } = load.connections();
      const kafka = await openKafka(settings);
      const { topicPrefix, kafkaGroupId: groupId } = settings;
      const report = await withDatabase(settings, (db) =>
        load.lag().lagOf(kafka, db, { topicPrefix, groupId }),
      );
      if (options.json) sayJson(report);
      else say(load.lagTable().lagTables(report));
    });
}
