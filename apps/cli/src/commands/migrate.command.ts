import { type Command } from 'commander';
import { EXIT } from '../cli.error';
import { say, sayJson } from '../output';
import { brokersOf, cliSettings, databaseUrlOf, ownerUrlOf } from '../settings';
import { load } from './load';
import { examples, jsonOption } from './options';

interface Options {
  check?: true;
  json?: true;
}

/** `migrate`: database, roles and topics as this release needs them. */
export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .summary('make or update database, roles and topics')
    .description(
      'Makes what is missing: the database, its tables and roles (as MIGRATE_DATABASE_URL), and the topics (SHARDS partitions, ' +
        'fixed by the first run). Compares what exists. Safe to run again, by several at once, and while workers run.',
    )
    .option('--check', 'change nothing; say what is missing or different and exit 1 if anything is')
    .addOption(jsonOption())
    .addHelpText('after', examples('migrate', 'migrate --check'))
    .action((options: Options) => (options.check ? check(options) : migrate(options)));
}

async function migrate(options: Options): Promise<void> {
  const settings = cliSettings();
  const { topicPrefix, shards } = settings;
  brokersOf(settings);
  const [databaseUrl, ownerUrl] = [databaseUrlOf(settings), ownerUrlOf(settings)];
  const kafka = await load.connections().openKafka(settings);
  const report = await load.migrate().migrate({ kafka, topicPrefix, databaseUrl, ownerUrl, shards });
  if (options.json) {
    sayJson(report);
    return;
  }
  if (report.databaseCreated) say('database: made');
  say(`tables: ${report.migrations.length === 0 ? 'up to date' : `ran ${report.migrations.join(', ')}`}`);
  say(
    `topics: ${report.topics.length === 0 ? 'all there' : `made ${report.topics.map((name) => topicPrefix + name).join(', ')}`}`,
  );
  say(`shards: ${report.shards}${report.deploymentStored ? ', fixed from now on' : ''}`);
}

async function check(options: Options): Promise<void> {
  const settings = cliSettings();
  const { topicPrefix, shards } = settings;
  const databaseUrl = databaseUrlOf(settings);
  const kafka = await load.connections().openKafka(settings);
  const findings = await load.migrateCheck().checkMigrated({ kafka, topicPrefix, databaseUrl, shards });
  if (options.json) sayJson({ findings });
  else if (findings.length === 0) say('everything is as this release needs it');
  else findings.forEach(say);
  if (findings.length > 0) process.exitCode = EXIT.failed;
}
