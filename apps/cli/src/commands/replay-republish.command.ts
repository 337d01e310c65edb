import { type Command, Option } from 'commander';
import { EXIT } from '../cli.error';
import { type HeldOperation } from '../operations/run.operation';
import { grouped, note, say, sayJson } from '../output';
import { type RepublishParameters, type RepublishProgress } from '../republish/republish';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption, positiveNumber, tenantId, wholeNumber } from './options';
import { moment, repeated, withAudit } from './replay.options';

interface Options {
  to?: string;
  create?: true;
  append?: true;
  resume?: string;
  shard?: number[];
  fromPosition?: number;
  toPosition?: number;
  fromTime?: Date;
  toTime?: Date;
  tenant?: string;
  rate?: number;
  reason?: string;
  as?: string;
  json?: true;
}

/** `replay republish`: the activity log to another topic. */
export function addReplayRepublish(replay: Command): void {
  withAudit(replay.command('republish'))
    .summary('write the activity log to another topic')
    .description(
      'Writes the activity log, as the database has it, to another topic: shard n to partition n in log order, with the keys, headers and ' +
        'values of task-activity. The log’s end is fixed when it begins. Nobody else may write to that topic. Ctrl-C pauses it; ' +
        'it can be gone on with after that, and after its process was killed, and writes nothing twice.',
    )
    .option('--to <topic>', "where to, without the deployment's prefix")
    .option('--create', 'make the topic if it is not there, as task-activity is')
    .option('--append', 'also to a topic that holds something already')
    .addOption(
      new Option('--resume <id>', 'go on with one that was paused, has failed or was killed').conflicts([
        'to',
        'append',
        'shard',
        'fromPosition',
        'toPosition',
        'fromTime',
        'toTime',
        'tenant',
      ]),
    )
    .addOption(
      new Option('--shard <n>', 'may be repeated; otherwise all').argParser(
        repeated(wholeNumber(0, 100_000)),
      ),
    )
    .option('--from-position <n>', 'of each shard', wholeNumber(1))
    .option('--to-position <n>', 'of each shard, itself not included', wholeNumber(1))
    .addOption(
      new Option('--from-time <time>', 'what was recorded from this time on, RFC 3339').argParser(moment),
    )
    .addOption(new Option('--to-time <time>', 'what was recorded before this time').argParser(moment))
    .option('--tenant <id>', 'of this tenant alone; otherwise of all', tenantId)
    .option('--rate <n>', 'activities a second; otherwise as fast as it goes', positiveNumber)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'replay republish --to task-activity-copy --create --reason "for the new warehouse"',
        'replay republish --to acme-activity --create --tenant acme --rate 500',
        'replay republish --resume 0192f0c1-2a3b-4c5d-8e9f-0a1b2c3d4e5f',
      ),
    )
    .action(republish);
}

function parametersOf(options: Options): RepublishParameters {
  const { CliError } = load.cliError();
  if (options.to === undefined)
    throw new CliError('--to is missing', 'It names the topic to write to', EXIT.usage);
  return {
    topic: options.to,
    shards: options.shard ?? null,
    fromPosition: options.fromPosition ?? null,
    toPosition: options.toPosition ?? null,
    from: options.fromTime?.toISOString() ?? null,
    to: options.toTime?.toISOString() ?? null,
    tenant: options.tenant ?? null,
    rate: options.rate ?? null,
  };
}

async function republish(options: Options): Promise<void> {
  const given = options.resume === undefined ? parametersOf(options) : null;
  const settings = cliSettings();
  const { topicPrefix } = settings;
  const { openKafka, withOperatorDatabase } = load.connections();
  const kafka = await openKafka(settings);
  const { DeploymentStore, OperationStore, PostgresLogSource } = load.persistence();
  const { Republishing, positionsLeft, startOf } = load.republish();
  const { beginOperation, findOperation, osUser, resumeOperation, runOperation } = load.runOperation();
  await withOperatorDatabase(settings, async (db) => {
    const store = new OperationStore(db);
    const source = new PostgresLogSource(db);
    const { shards } = await new DeploymentStore(db).load();
    const parameters =
      given ??
      ((await findOperation(store, ['republish'], options.resume!)).parameters as RepublishParameters);
    const to = { topicPrefix, topic: parameters.topic, shards, create: options.create ?? false };
    await load.republishTarget().RepublishTarget.with(kafka, to, async (target) => {
      if (given && !options.append) refuseFilled(await target.ends(), parameters.topic);
      const held: HeldOperation<RepublishParameters, RepublishProgress> = given
        ? await beginOperation(store, {
            kind: 'republish',
            startedBy: options.as ?? osUser(),
            reason: options.reason ?? null,
            parameters,
            progress: await startOf(source, target, parameters),
          })
        : await resumeOperation(store, 'republish', options.resume!);
      note(`republish ${held.id}`);
      const progress = load.progress().startProgress('republished', positionsLeft(held.progress.ranges));
      const work = new Republishing({
        source,
        target,
        parameters: { ...parameters, rate: options.rate ?? parameters.rate },
        before: held.progress,
        batchSize: settings.batchSize,
        onPassed: (positions) => progress.advance(positions),
      });
      const status = await runOperation<RepublishProgress>(store, held.id, {
        progress: () => work.progress,
        failed: (reason) => (work.failure = reason),
        through: (run) => work.through(run),
      }).finally(() => progress.end());
      if (status !== 'done') process.exitCode = EXIT.failed;
      const { written } = work.progress;
      if (options.json) sayJson({ id: held.id, status, topic: parameters.topic, written });
      else
        say(`republish ${held.id} ${status}: ${grouped(written)} activities written to ${parameters.topic}`);
      if (status === 'paused') note(`Go on with it: npm run cli -- replay republish --resume ${held.id}`);
    });
  });
}

function refuseFilled(ends: readonly number[], topic: string): void {
  if (ends.every((end) => end === 0)) return;
  const { CliError } = load.cliError();
  throw new CliError(
    `${topic} holds something already`,
    'Name an empty topic, or add to this one with --append',
    EXIT.usage,
  );
}
