import { type Command, Option } from 'commander';
import { type LetterCounts, type LetterState } from '#libs/dead-letters';
import { grouped, note, say, sayJson } from '../output';
import { addFilterOptions, filterOf, type FilterOptions } from './dead-letters.options';
import { load } from './load';
import { examples, jsonOption, wholeNumber } from './options';

interface Options extends FilterOptions {
  state?: LetterState | 'all';
  limit: number;
  json?: true;
}

/** `dead-letters list`: what could not be read or applied, and why. */
export function addDeadLettersList(deadLetters: Command): void {
  const command = deadLetters
    .command('list')
    .summary('count what could not be read or applied, and show the newest')
    .description(
      'Counts dead letters by state, code, stage and topic, and shows the newest with where each came from and why. Each counts once, ' +
        'as it failed last. Without --state: those that somebody should look at, open and quarantined (failed three times).',
    );
  addFilterOptions(command)
    .addOption(
      new Option('--state <state>', 'only those').choices([
        'open',
        'quarantined',
        'redriven',
        'discarded',
        'all',
      ]),
    )
    .option('--limit <n>', 'how many to show', wholeNumber(0, 100_000), 20)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'dead-letters list',
        'dead-letters list --code invalid_data --since 2h --limit 100 --json',
        'dead-letters list --state quarantined',
      ),
    )
    .action(list);
}

async function list(options: Options): Promise<void> {
  const { LetterTally, scanLetters } = load.letters();
  const states: LetterState[] | undefined =
    options.state === 'all' ? undefined : options.state ? [options.state] : ['open', 'quarantined'];
  const tally = new LetterTally(states, options.limit);
  let foreign = 0;
  await load.withLetters().withLetters(({ results, reading }) =>
    reading(async (topic) => {
      const onForeign = (): void => void (foreign += 1);
      for await (const letter of scanLetters(topic, results, filterOf(options), { onForeign }))
        tally.add(letter);
    }),
  );
  const counts = tally.result();
  if (options.json) {
    const { idText } = load.letters();
    sayJson({
      ...counts,
      foreign,
      newest: counts.newest.map(({ id, ...letter }) => ({ id: idText(id), ...letter })),
    });
    return;
  }
  print(counts);
  if (foreign > 0)
    note(`${grouped(foreign)} records of the topic are no dead letters: somebody else writes there`);
}

function print(counts: LetterCounts): void {
  const { idText } = load.letters();
  const { safe } = load.terminalText();
  const states = Object.entries(counts.byState).map(([state, count]) => `${grouped(count)} ${state}`);
  say(`${grouped(counts.total)} dead letters (${states.join(', ')})`);
  for (const [what, each] of [
    ['code', counts.byCode],
    ['stage', counts.byStage],
    ['topic', counts.byTopic],
  ] as const) {
    const texts = Object.entries(each).map(([name, count]) => `${safe(name)} ${grouped(count)}`);
    if (texts.length > 0) say(`  by ${what}: ${texts.join(', ')}`);
  }
  for (const { at, id, state, stage, code, attempt, message } of counts.newest) {
    const failures = attempt > 1 ? ` (failure ${attempt})` : '';
    say(safe(`${at}  ${idText(id)}  ${state}${failures}  ${stage} ${code}  ${message}`));
  }
}
