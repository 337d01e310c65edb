import { type Command } from 'commander';
import { note, say, sayJson } from '../output';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption, wholeNumber } from './options';

interface Options {
  fromBeginning?: true;
  count?: number;
  json?: true;
}

/** `events tail`: what comes on a topic. */
export function addEventsTail(events: Command): void {
  events
    .command('tail')
    .summary('show the events of a topic as they come')
    .description(
      'Shows what comes on TOPIC, one line an event, until Ctrl-C. It commits nothing and disturbs nobody. ' +
        'With --json: lines {"partition","offset","topic","key","headers","value"}, which `events publish` takes again.',
    )
    .argument('<topic>', "the topic's name, without the deployment's prefix")
    .option('--from-beginning', 'begin with the oldest record kept')
    .option('--count <n>', 'end after so many', wholeNumber(1))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'events tail task-activity --from-beginning --count 3',
        'events tail task-dead-letters --json',
      ),
    )
    .action(tail);
}

async function tail(topic: string, options: Options): Promise<void> {
  const settings = cliSettings();
  const kafka = await load.connections().openKafka(settings);
  await new (load.topicPartitions().TopicPartitions)(kafka, settings.topicPrefix).of(topic);
  const { recordAsJson } = load.recordText();
  const { sentenceOf } = load.eventSentence();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  let told = false;
  await load.tailTopic().tailTopic({
    kafka,
    topicPrefix: settings.topicPrefix,
    topic,
    fromBeginning: options.fromBeginning ?? false,
    count: options.count ?? null,
    signal: stop.signal,
    take: (record) => (options.json ? sayJson(recordAsJson(record)) : say(sentenceOf(record))),
    onReady: () => {
      if (!told && !options.fromBeginning) note(`waiting for events on ${topic}; Ctrl-C ends`);
      told = true;
    },
  });
}
