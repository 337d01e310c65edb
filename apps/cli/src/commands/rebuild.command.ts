import { type Command } from 'commander';
import { say, sayJson } from '../output';
import { type Progress } from '../progress';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption } from './options';

/** `rebuild`: the database from the topics. */
export function addRebuild(program: Command): void {
  program
    .command('rebuild')
    .summary('make tasks and logs in an empty database from the topics')
    .description(
      'For a database that is lost: folds the topic task-activity from its beginning into tasks, restores both logs, the identities ' +
        'of the events that are known and where each input topic is gone on with, in a new database, and says what it cannot ' +
        "restore. Stop all workers, let DATABASE_URL name the new database and run 'migrate' first. Interrupted, it is run again. " +
        "Afterwards 'verify' finds no difference.",
    )
    .addOption(jsonOption())
    .addHelpText('after', examples('rebuild', 'rebuild --json'))
    .action(rebuild);
}

async function rebuild(options: { json?: true }): Promise<void> {
  const settings = cliSettings();
  const { topicPrefix, kafkaGroupId: groupId } = settings;
  const { openKafka, withDatabase, withOperatorDatabase } = load.connections();
  const kafka = await openKafka(settings);
  let progress: Progress | undefined;
  const report = await withDatabase(settings, (app) =>
    withOperatorDatabase(settings, (operator) =>
      load.rebuild().rebuild({
        kafka,
        topicPrefix,
        groupId,
        app,
        operator,
        onStart: (records) => (progress = load.progress().startProgress('restored', records)),
        onRestored: (records) => progress?.advance(records),
      }),
    ),
  ).finally(() => progress?.end());
  const { NOT_RESTORED, rebuildLines } = load.rebuildText();
  if (options.json) sayJson({ ...report, notRestored: NOT_RESTORED });
  else rebuildLines(report).forEach(say);
}
