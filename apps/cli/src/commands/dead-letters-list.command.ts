import { type Command } from 'commander';
import { grouped, say, sayJson } from '../output';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption, wholeNumber } from './options';

/** `dead-letters list`: what could not be read or applied, and why. */
export function addDeadLettersList(deadLetters: Command): void {
  deadLetters
    .command('list')
    .summary('count what could not be read or applied, and show the newest')
    .description(
      'Counts the dead letters kept by their code, and shows the newest with where each came from and why.',
    )
    .option('--limit <n>', 'how many to show', wholeNumber(0, 100_000), 20)
    .addOption(jsonOption())
    .addHelpText('after', examples('dead-letters list', 'dead-letters list --limit 100 --json'))
    .action(async (options: { limit: number; json?: true }) => {
      const settings = cliSettings();
      const kafka = await load.connections().openKafka(settings);
      await new (load.topicPartitions().TopicPartitions)(kafka, settings.topicPrefix).of('task-dead-letters');
      const list = await load.deadLetters().listDeadLetters(kafka, settings.topicPrefix, options.limit);
      if (options.json) {
        sayJson(list);
        return;
      }
      say(`${grouped(list.total)} dead letters`);
      for (const [code, count] of Object.entries(list.byCode)) say(`  ${code}: ${grouped(count)}`);
      for (const { at, origin, stage, code, message } of list.newest) {
        say(`${at}  ${origin.topic}/${origin.partition}@${origin.offset}  ${stage} ${code}  ${message}`);
      }
    });
}
