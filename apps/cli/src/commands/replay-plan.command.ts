import { type Command } from 'commander';
import { grouped, note, say, sayJson } from '../output';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption, wholeNumber } from './options';
import { type SelectionOptions, selectionOf, withSelection } from './replay.options';

interface Options extends SelectionOptions {
  samples: number;
  showValues?: true;
  json?: true;
}

/** `replay plan`: what a run would do. */
export function addReplayPlan(replay: Command): void {
  withSelection(replay.command('plan'))
    .summary('say what a replay would do, and do nothing')
    .description(
      'Reads records of the conversation topics again, in a consumer of its own beside the workers, and rehearses them with the code ' +
        'that applies them, in transactions that cannot write: says how many are new, already there, or differ from what stands and ' +
        'stays, which tasks would appear, and why. The topics’ ends are fixed when it begins.',
    )
    .option('--samples <n>', 'records of each kind to show', wholeNumber(0, 1_000), 5)
    .option('--show-values', 'show content too: titles, and the values of fields that differ')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'replay plan',
        'replay plan --from 2026-03-05T06:00:00Z --to 2026-03-05T09:00:00Z --tenant acme',
        'replay plan --topic conversation-events.call --partition 3 --from-offset 120 --type task.create.v1 --json',
      ),
    )
    .action(plan);
}

async function plan(options: Options): Promise<void> {
  const selection = selectionOf(options);
  const settings = cliSettings();
  const { topicPrefix } = settings;
  const kafka = await load.connections().openKafka(settings);
  const { rangesOf } = load.inputRange();
  const { recordsLeft } = load.operations();
  const ranges = await rangesOf(kafka, topicPrefix, selection);
  const { isUnread } = await load.workersPositions().workersPositions(settings);
  const progress = load.progress().startProgress('rehearsed', recordsLeft(ranges));
  const result = await load
    .processingPorts()
    .withProcessing(settings, kafka, (ports) =>
      load.planReplay().planReplay({
        kafka,
        topicPrefix,
        selection,
        ranges,
        ports,
        isUnread,
        samples: options.samples,
        showValues: options.showValues ?? false,
        chunkSize: settings.batchSize,
        patience: {
          isRunning: () => true,
          onWait: (error, pauseMs) => note(`waiting ${pauseMs} ms: ${error.message}`),
        },
        onRead: (records) => progress.advance(records),
      }),
    )
    .finally(() => progress.end());
  if (options.json) {
    sayJson(result);
    return;
  }
  const { countsText, sampleText } = load.replayText();
  say(`${grouped(result.read)} records read, ${grouped(result.selected)} meant; nothing was written`);
  for (const line of countsText(result.counts, 'would')) say(line);
  for (const line of result.samples.flatMap(sampleText)) say(line);
  if (!result.complete) {
    note(
      'There is too much that is new to plan it all at once: the counts are those of the records read until then. ' +
        'Plan a part (--topic, --partition, --from-offset), or run it: a run has no such limit.',
    );
  }
}
