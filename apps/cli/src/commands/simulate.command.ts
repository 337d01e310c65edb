import { type Command, InvalidArgumentError } from 'commander';
import { type AvailableSettings } from '#libs/settings';
import { CliError } from '../cli.error';
import { explain } from '../explain';
import { grouped, note, say, sayJson } from '../output';
import { cliSettings } from '../settings';
import { load } from './load';
import { examples, jsonOption, positiveNumber, tenantOption, wholeNumber } from './options';

interface Options {
  tenant: string;
  seed: number;
  conversations: number;
  rate?: number;
  start?: Date;
  every: number;
  out?: string;
  eventsOnly?: true;
  json?: true;
}

/** `simulate`: plays conversations, with people and flows to match. */
export function addSimulate(program: Command): void {
  program
    .command('simulate')
    .summary('play simulated conversations, with people and flows to match')
    .description(
      'Plays calls, messages and WhatsApp conversations that a seed decides: the same seed gives the same events, so playing ' +
        'them again changes nothing. Before, it applies people, calendars and flows to match.',
    )
    .addOption(tenantOption('demo'))
    .option('--seed <n>', 'decides what happens', wholeNumber(0, 2 ** 31), 1)
    .option('--conversations <n>', 'how many', wholeNumber(1), 200)
    .option('--rate <n>', 'events a second; otherwise as fast as it goes', positiveNumber)
    .option('--start <time>', 'when the first begins, RFC 3339; otherwise always the same moment', moment)
    .option('--every <seconds>', 'from one start to the next, on average', positiveNumber, 180)
    .option('--out <file>', 'write them to a file for `events publish` instead')
    .option('--events-only', 'leave people and flows as they are')
    .addOption(jsonOption())
    .addHelpText('after', examples('simulate --seed 2', 'simulate --conversations 5000 --out events.jsonl'))
    .action(simulate);
}

async function simulate(options: Options): Promise<void> {
  const { DEFAULT_START, simulatedLines, writeSimulation } = load.simulate();
  const { tenant: tenantId, seed, conversations, every: everySeconds } = options;
  const simulation = { tenantId, seed, conversations, everySeconds, start: options.start ?? DEFAULT_START };
  if (options.out !== undefined) {
    const written = await writeSimulation(options.out, simulation);
    if (options.json) sayJson({ written });
    else
      say(`${grouped(written)} events of ${grouped(conversations)} conversations written to ${options.out}`);
    return;
  }
  const settings = cliSettings();
  if (!options.eventsOnly) await applySurroundings(settings, tenantId);
  const { publishEvents, PublishFailed } = load.publishEvents();
  const kafka = await load.connections().openKafka(settings);
  const progress = load.progress().startProgress('published', null);
  try {
    const published = await publishEvents(simulatedLines(simulation), {
      kafka,
      topicPrefix: settings.topicPrefix,
      mode: 'structured',
      compression: 'none',
      rate: options.rate ?? null,
      partitionOffset: 0,
      onPublished: (count) => progress.advance(count),
    });
    if (options.json) sayJson({ published, conversations });
    else
      say(
        `${grouped(published)} events of ${grouped(conversations)} conversations published, in tenant ${tenantId}`,
      );
  } catch (error) {
    if (!(error instanceof PublishFailed)) throw error;
    throw new CliError(`${explain(error.cause).line} (${grouped(error.published)} published before it)`);
  } finally {
    progress.end();
  }
}

const WORKER_WITHIN_MS = 60_000;

/** People first: flows name them. */
async function applySurroundings(settings: AvailableSettings, tenantId: string): Promise<void> {
  const { SAMPLE_FLOWS, SAMPLE_WORKFORCE } = load.simulate();
  const { checkWorkforce, publishFromHere, mustBeApplied } = load.applyWorkforce();
  const { applyFlows, checkFlows } = load.applyFlows();
  const { openKafka, withDatabase } = load.connections();
  const items = checkWorkforce(SAMPLE_WORKFORCE);
  const offset = await publishFromHere(await openKafka(settings), settings.topicPrefix, tenantId, items);
  note(`${items.length} people, teams and calendars published; waiting for a worker to apply them`);
  await withDatabase(settings, async (db) => {
    await mustBeApplied(db, offset, WORKER_WITHIN_MS);
    const flows = await applyFlows(db, tenantId, checkFlows(SAMPLE_FLOWS));
    note(`${flows.length} flows applied`);
  });
}

function moment(text: string): Date {
  const date = new Date(text);
  if (/^\d{4}-\d{2}-\d{2}T/.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError('It must be a time such as 2026-03-05T06:00:00Z.');
}
