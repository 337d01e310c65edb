import { type WorkforceItem } from '#libs/workforce';
import { type Command } from 'commander';
import { type Calendar } from '#libs/domain';
import { readJsonFile } from '../json.file';
import { note, say, sayJson } from '../output';
import { cliSettings } from '../settings';
import { type CalendarPreview } from '../workforce/preview.calendars';
import { load } from './load';
import { examples, jsonOption, positiveNumber, tenantOption } from './options';

interface Options {
  tenant: string;
  wait: boolean;
  dryRun?: true;
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
        'applied it. What is not in the file stays as it is. A calendar that changes moves the due dates it gave of open tasks; ' +
        '--dry-run says which, and publishes nothing.',
    )
    .argument('<file>', 'the workforce')
    .addOption(tenantOption())
    .option('--dry-run', 'say which due dates would move, and do nothing')
    .option('--no-wait', 'return once it is published')
    .option('--timeout <seconds>', 'how long to wait for a worker', positiveNumber, 60)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'workforce apply workforce.json',
        'workforce apply workforce.json --tenant demo --dry-run',
        'workforce apply workforce.json --tenant demo --no-wait',
      ),
    )
    .action(apply);
}

async function apply(file: string, options: Options): Promise<void> {
  const settings = cliSettings();
  const { checkWorkforce, publishFromHere, mustBeApplied } = load.applyWorkforce();
  const { openKafka, withDatabase } = load.connections();
  const items = checkWorkforce(await readJsonFile(file));
  if (options.dryRun) return preview(items, options);
  const kafka = await openKafka(settings);
  const offset = await publishFromHere(kafka, settings.topicPrefix, options.tenant, items);
  if (options.wait) {
    const patience = setTimeout(() => note('published; waiting for a worker to apply it'), 2_000);
    try {
      await withDatabase(settings, (db) => mustBeApplied(db, offset, options.timeout * 1_000));
    } finally {
      clearTimeout(patience);
    }
  }
  const became = options.wait ? 'applied' : 'published';
  if (options.json) sayJson({ [became]: items.length, offset });
  else say(`${items.length} ${became}`);
}

/** Dates that are listed: for people a screenful. */
const LISTED = 20;
const LISTED_JSON = 10_000;

async function preview(items: readonly WorkforceItem[], { tenant, json }: Options): Promise<void> {
  const settings = cliSettings();
  const { previewCalendar } = load.previewCalendars();
  const { PostgresStandingStore, PostgresTaskFinder } = load.persistence();
  const { withDatabase, withOperatorDatabase } = load.connections();
  const calendars = items.filter(({ kind }) => kind === 'calendar');
  const previews = await withOperatorDatabase(settings, (operator) =>
    withDatabase(settings, async (db) => {
      const ports = {
        finder: new PostgresTaskFinder(operator),
        standing: new PostgresStandingStore(db),
        listed: json ? LISTED_JSON : LISTED,
      };
      const found: CalendarPreview[] = [];
      for (const { data } of calendars)
        found.push(await previewCalendar(tenant, data as unknown as Calendar, ports));
      return found;
    }),
  );
  if (json) return sayJson({ calendars: previews });
  if (previews.length === 0) say('the file has no calendars: no due date would move');
  for (const each of previews) say(load.previewText().previewText(each));
}
