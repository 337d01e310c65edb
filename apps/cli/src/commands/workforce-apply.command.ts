import { type Command } from 'commander';
import { readJsonFile } from '../json.file';
import { note, say, sayJson } from '../output';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption, positiveNumber, tenantOption } from './options';

interface Options {
  tenant: string;
  wait: boolean;
  timeout: number;
  json?: true;
}

/** `workforce apply`: publishes people, teams, calendars and policies, and waits until they are in force. */
export function addWorkforceApply(workforce: Command): void {
  workforce
    .command('apply')
    .summary('publish people, teams, calendars and policies')
    .description(
      'Checks and publishes FILE (JSON: {"calendars","teams","agents","policies"}, each a list), and returns once a worker has ' +
        'applied it. What is not in the file stays as it is.',
    )
    .argument('<file>', 'the workforce')
    .addOption(tenantOption())
    .option('--no-wait', 'return once it is published')
    .option('--timeout <seconds>', 'how long to wait for a worker', positiveNumber, 60)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('workforce apply workforce.json', 'workforce apply workforce.json --tenant demo --no-wait'),
    )
    .action(apply);
}

async function apply(file: string, options: Options): Promise<void> {
  const settings = cliSettings();
  const { checkWorkforce, publishWorkforce, workforceApplied } = load.applyWorkforce();
  const { openKafka, withDatabase } = load.connections();
  const items = checkWorkforce(await readJsonFile(file));
  const kafka = await openKafka(settings);
  const offset = await publishWorkforce(kafka, settings.topicPrefix, options.tenant, items);
  if (options.wait) {
    const patience = setTimeout(() => note('published; waiting for a worker to apply it'), 2_000);
    try {
      await withDatabase(settings, (db) => workforceApplied(db, offset, options.timeout * 1_000));
    } finally {
      clearTimeout(patience);
    }
  }
  const became = options.wait ? 'applied' : 'published';
  if (options.json) sayJson({ [became]: items.length, offset });
  else say(`${items.length} ${became}`);
}
