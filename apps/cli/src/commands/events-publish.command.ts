import { type Command, Option } from 'commander';
import { CliError } from '../cli.error';
import { explain } from '../explain';
import { grouped, say, sayJson } from '../output';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption, positiveNumber, wholeNumber } from './options';

interface Options {
  mode: 'structured' | 'binary';
  compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  rate?: number;
  partitionOffset: number;
  interleave?: number;
  json?: true;
}

/** `events publish`: a file's events to their topics. */
export function addEventsPublish(events: Command): void {
  events
    .command('publish')
    .summary('publish events from a file')
    .description(
      'Publishes the lines of FILE (.jsonl or .jsonl.gz; - is standard input), each {"topic","key","headers"?,"value"}: ' +
        'an object as a CloudEvent, text as it is, null as a tombstone. Every key keeps its order.',
    )
    .argument('<file>', 'the events')
    .addOption(
      new Option('--mode <mode>', "Kafka's CloudEvents binding")
        .choices(['structured', 'binary'])
        .default('structured'),
    )
    .addOption(
      new Option('--compression <codec>', 'of the batches')
        .choices(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
        .default('none'),
    )
    .option('--rate <n>', 'records a second; otherwise as fast as it goes', positiveNumber)
    .option(
      '--partition-offset <k>',
      'to the partition k after the one of its key, for tests',
      wholeNumber(-10_000),
      0,
    )
    .option(
      '--interleave <seed>',
      'mix conversations, each in its own order; needs memory for the file',
      wholeNumber(0),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('events publish events.jsonl.gz --rate 200', 'events publish - < events.jsonl'),
    )
    .action(publish);
}

async function publish(file: string, options: Options): Promise<void> {
  const settings = cliSettings();
  const { countLines, readEventsFile } = load.eventsFile();
  const { publishEvents, PublishFailed } = load.publishEvents();
  const total = await countLines(file);
  const kafka = await load.connections().openKafka(settings);
  const progress = load.progress().startProgress('published', total);
  const lines =
    options.interleave === undefined
      ? readEventsFile(file)
      : load.interleave().interleave(await allOf(readEventsFile(file)), options.interleave);
  try {
    const published = await publishEvents(lines, {
      kafka,
      topicPrefix: settings.topicPrefix,
      mode: options.mode,
      compression: options.compression,
      rate: options.rate ?? null,
      partitionOffset: options.partitionOffset,
      onPublished: (count) => progress.advance(count),
    });
    progress.end();
    if (options.json) sayJson({ published });
    else say(`${grouped(published)} published`);
  } catch (error) {
    progress.end();
    if (!(error instanceof PublishFailed)) throw error;
    const { line, exitCode } = explain(error.cause);
    throw new CliError(`${line} (${grouped(error.published)} published before it)`, undefined, exitCode);
  }
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
