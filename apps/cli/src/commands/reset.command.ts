import { type Command } from 'commander';
import { CliError, EXIT } from '../cli.error';
import { say, sayJson } from '../output';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption } from './options';

interface Options {
  yes?: true;
  positions?: string;
  published?: true;
  json?: true;
}

/** `reset`: clears the stack's data; or forgets how far a topic was read; or has the logs published anew. */
export function addReset(program: Command): void {
  program
    .command('reset')
    .summary("clear the stack's data, forget how far a topic was read, or have the logs published anew")
    .description(
      'Clears all data of the stack that `npm start` runs; on servers of your own it asks for --yes. With --positions it ' +
        'forgets the stored positions of an input topic that was made anew: workers then read it from its beginning. Of `workforce` ' +
        'it also forgets everybody the old topic had, and asks for --yes. With --published it empties task-activity and ' +
        'task-rejections, which workers then publish again from the logs in the database. Stop all workers first.',
    )
    .option('--yes', 'do it without asking')
    .option('--positions <topic>', "an input topic, without the deployment's prefix")
    .option(
      '--published',
      'empty the topics that mirror the logs, after a database was restored or a stranger wrote there',
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('reset --yes', 'reset --positions conversation-events.call', 'reset --published --yes'),
    )
    .action((options: Options) => {
      if (options.published) return publishAnew(options);
      return options.positions === undefined ? resetAll(options) : forget(options.positions, options);
    });
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
  if (topic === load.contracts().WORKFORCE_TOPIC && !options.yes) {
    throw new CliError(
      'This would forget all agents, teams, calendars and policies of every tenant until the topic is read again: what it does not have is gone',
      'Add --yes to do it; to have the topic read again without that, see "Reading everything again" in docs/operations.md',
      EXIT.usage,
    );
  }
  const settings = cliSettings();
  const kafka = await load.connections().openKafka(settings);
  await load.noWorkers().mustBeStopped(kafka, settings.kafkaGroupId);
  const forgotten = await load
    .connections()
    .withOperatorDatabase(settings, (db) => new (load.persistence().InputPositionStore)(db).forget(topic));
  if (options.json) sayJson({ topic, forgotten });
  else say(`${topic}: ${forgotten} positions forgotten`);
}

async function publishAnew(options: Options): Promise<void> {
  const { PUBLISHED_TOPICS, resetPublished } = load.publishedTopics();
  const settings = cliSettings();
  const topics = PUBLISHED_TOPICS.map((topic) => settings.topicPrefix + topic);
  if (!options.yes) {
    throw new CliError(
      `This would empty ${topics.join(' and ')}: what is in them and not in the database is lost`,
      'Add --yes to do it',
      EXIT.usage,
    );
  }
  const kafka = await load.connections().openKafka(settings);
  const { shards, gone } = await load.connections().withOperatorDatabase(settings, async (db) => {
    const store = new (load.persistence().DeploymentStore)(db);
    return { ...(await store.load()), gone: await store.rejectionsGone() };
  });
  if (gone > 0) {
    throw new CliError(
      `the database was rebuilt without the first ${gone} rejections, so task-rejections cannot be published from position 1`,
      "Where the topics are whole, as after a restored backup, 'rebuild' in a new database needs no topic emptied",
    );
  }
  await resetPublished({
    kafka,
    topicPrefix: settings.topicPrefix,
    groupId: settings.kafkaGroupId,
    shards,
  });
  if (options.json) sayJson({ emptied: topics });
  else say(`emptied ${topics.join(' and ')}: start the workers, which publish the logs from their beginning`);
}
