import { type Command, Option } from 'commander';
import { type OperationStore } from '#libs/persistence';
import { EXIT } from '../cli.error';
import { type HeldOperation } from '../operations/run.operation';
import { grouped, note, say, sayJson } from '../output';
import {
  type InputRange,
  type ReplayParameters,
  type ReplayProgress,
  type WorkersPositions,
} from '#libs/operations';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption, positiveNumber } from './options';
import { type SelectionOptions, selectionOf, withAudit, withSelection } from './replay.options';

interface Options extends SelectionOptions {
  yes?: true;
  includeUnread?: true;
  resume?: string;
  rate?: number;
  reason?: string;
  as?: string;
  json?: true;
}

const SAMPLES = 5;

/** `replay run`: applies what was missed. */
export function addReplayRun(replay: Command): void {
  withAudit(withSelection(replay.command('run')))
    .summary('apply what was missed')
    .description(
      'Reads records of the conversation topics again, in a consumer of its own beside the workers, and applies those that were ' +
        'missed. What is there stays as it is, workers and their offsets are left alone, and nothing is dead-lettered a second time. ' +
        'Ctrl-C pauses it; it can be gone on with after that, and after its process was killed.',
    )
    .option('--yes', 'do it')
    .option(
      '--include-unread',
      'also what workers have yet to read: only where nothing that comes before it in its partition is left out',
    )
    .addOption(
      new Option('--resume <id>', 'go on with one that was paused, has failed or was killed').conflicts([
        'topic',
        'partition',
        'fromOffset',
        'toOffset',
        'from',
        'to',
        'tenant',
        'conversation',
        'key',
        'type',
      ]),
    )
    .option('--rate <n>', 'records a second; otherwise as fast as it goes', positiveNumber)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'replay run --yes --from 2026-03-05T06:00:00Z --reason "after the incident" --as agent:ada',
        'replay run --yes --tenant acme --rate 200',
        'replay run --yes --resume 0192f0c1-2a3b-4c5d-8e9f-0a1b2c3d4e5f',
      ),
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const selection = selectionOf(options);
  if (!options.yes) {
    const { CliError } = load.cliError();
    throw new CliError('nothing was done', "'replay plan' says what it would do; --yes does it", EXIT.usage);
  }
  const settings = cliSettings();
  const { topicPrefix } = settings;
  const { openKafka, withOperatorDatabase } = load.connections();
  const kafka = await openKafka(settings);
  await load.workforceRead().mustKnowTheWorkforce(settings, kafka);
  const { rangesOf } = load.inputRange();
  const { recordsLeft, startOf, stillThere } = load.operations();
  const { beginOperation, osUser, resumeOperation, runOperation } = load.runOperation();
  await withOperatorDatabase(settings, async (db) => {
    const store: OperationStore = new (load.persistence().OperationStore)(db);
    const positions = await load.workersPositions().workersPositions(settings);
    const held: HeldOperation<ReplayParameters, ReplayProgress> =
      options.resume === undefined
        ? await beginOperation(store, {
            kind: 'replay',
            startedBy: options.as ?? osUser(),
            reason: options.reason ?? null,
            parameters: { selection, rate: options.rate ?? null },
            progress: startOf(readOf(await rangesOf(kafka, topicPrefix, selection), positions, options)),
          })
        : await resumeOperation(store, 'replay', options.resume);
    note(`replay ${held.id}`);
    const { ranges, gone } = await stillThere(kafka, topicPrefix, held.progress.ranges);
    if (gone > 0n) note(`${grouped(gone)} records are not in the topics any more`);
    const progress = load.progress().startProgress('replayed', recordsLeft(ranges));
    const { status, replay } = await load.processingPorts().withProcessing(settings, kafka, async (ports) => {
      const replay = new (load.operations().ReplayRun)({
        kafka,
        topicPrefix,
        ports,
        parameters: { ...held.parameters, rate: options.rate ?? held.parameters.rate },
        before: { ...held.progress, ranges },
        isUnread: positions.isUnread,
        samples: SAMPLES,
        chunkSize: settings.batchSize,
        onRead: (records) => progress.advance(records),
      });
      const status = await runOperation<ReplayProgress>(store, held.id, {
        progress: () => replay.progress,
        failed: (reason) => (replay.failure = reason),
        through: (each) => replay.through(each),
      }).finally(() => progress.end());
      return { status, replay };
    });
    if (status !== 'done') process.exitCode = EXIT.failed;
    const { read, selected, counts } = replay.progress;
    if (options.json) {
      sayJson({ id: held.id, status, read, selected, counts, samples: replay.samples });
      return;
    }
    const { countsText, sampleText } = load.replayText();
    say(`replay ${held.id} ${status}: ${grouped(read)} records read, ${grouped(selected)} meant`);
    for (const line of countsText(counts, 'did')) say(line);
    for (const line of replay.samples.flatMap(sampleText)) say(line);
    if (counts.deadLetters > 0)
      note(
        "What cannot be read or applied: 'dead-letters list' shows it, 'dead-letters redrive' applies it once it can be",
      );
    if (status === 'paused') note(`Go on with it: npm run cli -- replay run --yes --resume ${held.id}`);
  });
}

/** Says what is left to the workers. */
function readOf(ranges: InputRange[], positions: WorkersPositions, { includeUnread }: Options): InputRange[] {
  if (includeUnread) return ranges;
  const read = positions.leavingTheUnread(ranges);
  if (read.left > 0)
    note(
      `${grouped(read.left)} records are left to the workers, which have yet to read them; --include-unread applies them now`,
    );
  return read.ranges;
}
