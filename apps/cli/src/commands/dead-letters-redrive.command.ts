import { type Command } from 'commander';
import {
  type EditedRecord,
  type Letter,
  type LetterFilter,
  type LetterId,
  type LetterState,
  type LetterVerdict,
  type RedriveProgress,
  type StandingLetter,
} from '#libs/dead-letters';
import { CliError, EXIT } from '../cli.error';
import { type Selection } from '#libs/operations';
import { readJsonFile } from '../json.file';
import { grouped, note, say, sayJson } from '../output';
import {
  addFilterOptions,
  addOperationOptions,
  type FilterOptions,
  operationFilter,
  type OperationOptions,
} from './dead-letters.options';
import { letterIds } from './dead-letters-show.command';
import { load } from './load';
import { examples, jsonOption, positiveNumber } from './options';

interface Options extends FilterOptions, OperationOptions {
  all?: true;
  edit?: string;
  quarantined?: true;
  discarded?: true;
  rate: number;
  json?: true;
}

/** So many letters get a line each, whatever becomes of them; of more, those alone that did not go well. */
const LINES = 50;

/** `dead-letters redrive`: applies dead letters, now that the cause is cured. */
export function addDeadLettersRedrive(deadLetters: Command): void {
  const command = deadLetters
    .command('redrive')
    .summary('apply dead letters, as they are or edited; dry run first')
    .description(
      'Applies dead letters as the worker would have, in the order in which they were read; never through their topic. Without --yes it ' +
        'only says what would become of each, and writes nothing. What was applied before is a duplicate and settled with that, so it is ' +
        'safe to do again. What fails again stays a dead letter, with one failure more; the third quarantines it. Ctrl-C stops it ' +
        'between two letters.',
    )
    .argument('[letters...]', '<topic>/<partition>@<offset>, as list prints them', letterIds);
  addFilterOptions(command)
    .option('--all', 'all that are open')
    .option(
      '--edit <file>',
      'apply this in place of the one letter named: what show --json wrote, with its "record" changed',
    )
    .option('--quarantined', 'the letters named, also when they are quarantined')
    .option('--discarded', 'the letters named, also when they were discarded')
    .option('--rate <n>', 'letters a second at most', positiveNumber, 100);
  addOperationOptions(command, 'why, for the audit')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'dead-letters redrive --code flow_unreadable',
        "dead-letters redrive --code flow_unreadable --yes --reason 'flow saved again'",
        'dead-letters redrive conversation-events.call/3@1017 --edit letter.json --yes',
        'dead-letters redrive conversation-events.call/3@1017 --quarantined --yes',
      ),
    )
    .action((ids: LetterId[], options: Options) => redrive(ids, options));
}

async function redrive(ids: LetterId[], options: Options): Promise<void> {
  const filter = operationFilter(ids, options);
  const edited = await editedRecord(filter, options.edit);
  const states = statesFor(filter, options);
  const { operatorPatience, operatorName } = load.operatorPatience();
  const start = {
    startedBy: operatorName(options.as),
    reason: options.reason ?? null,
    parameters: { ...parametersOf(filter), edited: edited !== null, rate: options.rate },
  };
  await load.withLetters().withLetters(({ settings, kafka, db, results, reading }) =>
    reading(async (topic) => {
      if (options.yes) await load.workforceRead().mustKnowTheWorkforce(settings, kafka);
      const selection = await load
        .selectLetters()
        .selectLetters(topic, results, filter, states, options.limit);
      const letters = edited ? newestAlone(selection.letters, edited) : selection.letters;
      const told = tell(letters.length, edited !== null, options);
      const patience = operatorPatience();
      const { onVerdict } = told;
      const record = edited?.record ?? null;
      const run = { settings, kafka, topic, db, letters, edited: record, patience, onVerdict };
      const end: Ended = await (
        letters.length === 0
          ? Promise.resolve({ progress: NOTHING })
          : options.yes
            ? load.redrive().redrive(run, options.rate, start)
            : load
                .redrive()
                .rehearse(run)
                .then((progress) => ({ progress }))
      ).finally(() => told.end());
      report(end, selection, told.results, options);
    }),
  );
}

/** What is edited is one record; where its topic was made anew, another one may have had its place. */
function newestAlone(letters: readonly StandingLetter[], { fingerprint }: Edited): StandingLetter[] {
  if (letters.length > 1)
    note('several records had this place, as its topic was made anew: the newest is meant');
  const newest = [...letters].sort((a, b) => b.at.localeCompare(a.at)).slice(0, 1);
  if (newest[0] && fingerprint !== null && newest[0].fingerprint !== fingerprint)
    throw new CliError(
      'the file is of another record that had this place before its topic was made anew',
      "Take what 'dead-letters show --json' writes now",
      EXIT.usage,
    );
  return newest;
}

/** What a file has to be applied in a letter's place, and of which record it says it is. */
interface Edited {
  record: EditedRecord;
  fingerprint: string | null;
}

interface Ended {
  operationId?: string;
  status?: string;
  progress: RedriveProgress;
}

const NOTHING: RedriveProgress = { total: 0, done: 0, tasks: 0, quarantined: 0, results: {} };

function report(
  end: Ended,
  { passedOver, beyond }: Selection,
  results: readonly Record<string, unknown>[],
  options: Options,
): void {
  const { operationId, progress } = end;
  const { failed = 0, skipped = 0, gone = 0 } = progress.results;
  const untried = progress.total - progress.done;
  if (options.yes && untried + failed + skipped + gone > 0) process.exitCode = EXIT.failed;
  if (options.json) {
    sayJson({ dryRun: !options.yes, ...end, passedOver, beyond, letters: results });
    return;
  }
  const totals = load.verdictText().totalsText(progress);
  say(options.yes ? totals : `dry run, nothing was written; with --yes: ${totals}`);
  if (operationId) say(`operation ${operationId}`);
  for (const [state, count] of Object.entries(passedOver)) say(passedOverText(state as LetterState, count));
  if (beyond > 0) say(`${grouped(beyond)} more are meant: do it again for the next (--limit)`);
  if (untried > 0) note(`stopped; ${grouped(untried)} were not tried`);
}

/** Says each letter's verdict, or only those that need a look; keeps them all for machines. */
function tell(total: number, edited: boolean, { json, yes }: Options) {
  const { idText } = load.letters();
  const { verdictLine } = load.verdictText();
  const progress = yes && total > 0 ? load.progress().startProgress('redriven', total) : undefined;
  const results: Record<string, unknown>[] = [];
  const goesWell = ({ result }: LetterVerdict): boolean => result === 'applied' || result === 'duplicate';
  return {
    results,
    onVerdict(letter: Letter, verdict: LetterVerdict): void {
      progress?.advance(1);
      if (json)
        results.push({ id: idText(letter.id), code: letter.code, attempt: letter.attempt, ...verdict });
      else if (!yes || total <= LINES || !goesWell(verdict)) say(verdictLine(letter, verdict, edited));
    },
    end: () => progress?.end(),
  };
}

function passedOverText(state: LetterState, count: number): string {
  const many = `${grouped(count)} ${state}`;
  if (state === 'quarantined') return `${many}, passed over: name it and give --quarantined to try it again`;
  return `${many}, passed over`;
}

/** @throws CliError when letters that need naming are not named. */
function statesFor({ ids }: LetterFilter, { quarantined, discarded }: Options): LetterState[] {
  if ((quarantined || discarded) && !ids) {
    throw new CliError('--quarantined and --discarded are for letters that are named', undefined, EXIT.usage);
  }
  return [
    'open',
    ...(quarantined ? ['quarantined' as const] : []),
    ...(discarded ? ['discarded' as const] : []),
  ];
}

/** @throws CliError when it is not the one letter's. */
async function editedRecord({ ids }: LetterFilter, file: string | undefined): Promise<Edited | null> {
  if (file === undefined) return null;
  if (ids?.length !== 1) throw new CliError('--edit is for one letter, named', undefined, EXIT.usage);
  const { idText } = load.letters();
  const { id, record, fingerprint } = ((await readJsonFile(file)) ?? {}) as Record<string, unknown>;
  const own = idText(ids[0]!);
  if (id !== undefined && id !== own) {
    throw new CliError(`${file} is of the letter ${String(id)}, not of ${own}`, undefined, EXIT.usage);
  }
  return {
    record: load.recordJson().recordFromJson(record),
    fingerprint: typeof fingerprint === 'string' ? fingerprint : null,
  };
}

function parametersOf({ ids, ...filter }: LetterFilter): Record<string, unknown> {
  return { ...(ids && { ids: ids.map(load.letters().idText) }), ...filter };
}
