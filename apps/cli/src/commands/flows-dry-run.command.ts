import { type Command } from 'commander';
import { say, sayJson } from '../output';
import { type Progress } from '../progress';
import { cliSettings } from '../settings';
import { pastTime } from './dead-letters.options';
import { load } from './load';
import { examples, jsonOption, tenantOption, wholeNumber } from './options';

interface Options {
  tenant: string;
  flow?: string;
  since?: string;
  limit: number;
  seconds: number;
  samples: number;
  json?: true;
}

/** `flows dry-run`: what a draft would do. */
export function addFlowsDryRun(flows: Command): void {
  flows
    .command('dry-run')
    .summary('say what a flow would do, and do nothing')
    .description(
      'Tries the flow in FILE on the outcomes of conversations that are stored, the latest first, beside the live version of it: which ' +
        'tasks it would create, in what they differ, and what led there. With the people, calendars and other flows of now, and the ' +
        'clock of each event. Writes nothing.',
    )
    .argument('<file>', 'the flow, or a list that has it')
    .option('--flow <id>', 'which flow of the list')
    .addOption(tenantOption())
    .option(
      '--since <time>',
      'on outcomes that happened at or after it: RFC 3339, or 30m, 2h, 7d ago',
      pastTime,
    )
    .option('--limit <n>', 'on so many outcomes at most', wholeNumber(1, 1_000_000), 1_000)
    .option('--seconds <n>', 'for so long at most', wholeNumber(1, 3_600), 60)
    .option(
      '--samples <n>',
      'outcomes of each kind to show, with titles and inputs',
      wholeNumber(0, 1_000),
      5,
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'flows dry-run flow.json --tenant demo',
        'flows dry-run flows.json --flow failed-bookings --tenant demo --since 7d --limit 100000 --json',
      ),
    )
    .action(run);
}

async function run(file: string, { tenant, flow, json, since, ...bounds }: Options): Promise<void> {
  const { dryRunFlow, oneOf } = load.dryRunFlow();
  const settings = cliSettings();
  const draft = oneOf(await load.applyFlows().readFlowsFile(file, 'nothing was tried'), flow);
  let progress: Progress | undefined;
  let done = 0;
  const result = await load
    .connections()
    .withDatabase(settings, (db) =>
      dryRunFlow(db, tenant, draft, { since: since ?? null, ...bounds }, ({ outcomes, of }) => {
        progress ??= load.progress().startProgress('tried', of);
        progress.advance(outcomes - done);
        done = outcomes;
      }),
    )
    .finally(() => progress?.end());
  if (json) sayJson(result);
  else load.dryRunText().dryRunText(result).forEach(say);
}
