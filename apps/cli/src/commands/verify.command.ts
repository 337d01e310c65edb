import { type Command } from 'commander';
import { EXIT } from '../cli.error';
import { grouped, note, say, sayJson } from '../output';
import { type Progress } from '../progress';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption, positiveNumber } from './options';

interface Options {
  timeout: number;
  json?: true;
}

/** `verify`: proves that log, topics and tasks agree. */
export function addVerify(program: Command): void {
  program
    .command('verify')
    .summary('prove that tasks, logs and topics agree')
    .description(
      'Folds the topic task-activity from its beginning and compares it with the tasks in the database, row for row; compares ' +
        'both logs with their topics, record for row. At one moment, also while the service runs. Changes nothing; exits 1 when ' +
        'anything differs, naming task and field.',
    )
    .option(
      '--timeout <seconds>',
      'how long the relay has to publish what is in the logs',
      positiveNumber,
      30,
    )
    .addOption(jsonOption())
    .addHelpText('after', examples('verify', 'verify --json'))
    .action(verify);
}

async function verify(options: Options): Promise<void> {
  const settings = cliSettings();
  const { openKafka, withOperatorDatabase } = load.connections();
  const kafka = await openKafka(settings);
  let progress: Progress | undefined;
  const report = await withOperatorDatabase(settings, (db) =>
    load.verify().verify({
      kafka,
      db,
      topicPrefix: settings.topicPrefix,
      relayPatienceMs: options.timeout * 1_000,
      onStart: (entries) => (progress = load.progress().startProgress('compared', entries)),
      onCompared: (entries) => progress?.advance(entries),
    }),
  ).finally(() => progress?.end());
  if (!report.ok) process.exitCode = EXIT.failed;
  if (options.json) {
    sayJson(report);
    return;
  }
  const { tasks, activities, rejections, shards, total, byKind, differences } = report;
  const checked = `${grouped(tasks)} tasks, ${grouped(activities)} activities and ${grouped(rejections)} rejections in ${shards} shards`;
  if (report.ok) {
    say(`${checked}: all agree`);
    return;
  }
  for (const { message } of differences) note(message);
  if (total > differences.length) note(`… and ${grouped(total - differences.length)} more`);
  const kinds = Object.entries(byKind).map(([kind, count]) => `${kind} ${grouped(count)}`);
  note(`${grouped(total)} differences (${kinds.join(', ')}) in ${checked}`);
}
