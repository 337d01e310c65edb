import { type Command, InvalidArgumentError } from 'commander';
import { type Letter, type LetterId, type StandingLetter } from '#libs/dead-letters';
import { type LetterHistory } from '#libs/persistence';
import { type RawRecord } from '#libs/processing';
import { CliError, EXIT } from '../cli.error';
import { note, say } from '../output';
import { load } from './load';
import { examples, jsonOption } from './options';

interface Options {
  raw?: true;
  hex?: true;
  json?: true;
}

/** `dead-letters show`: one dead letter, decoded or byte for byte. */
export function addDeadLettersShow(deadLetters: Command): void {
  deadLetters
    .command('show')
    .summary('show one dead letter: why, its event, its bytes')
    .description(
      'Shows one dead letter: why it failed, how often, what became of it, its key, headers and event, and where in it the problem is. ' +
        'Control characters are escaped. With --json: all of it, with a "record" that `redrive --edit` takes when it was changed.',
    )
    .argument('<letter>', '<topic>/<partition>@<offset>, as list prints it', letterId)
    .option('--raw', 'its value alone, byte for byte')
    .option('--hex', 'its value alone, in hexadecimal')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'dead-letters show conversation-events.call/3@1017',
        'dead-letters show conversation-events.call/3@1017 --raw > value.bin',
        'dead-letters show conversation-events.call/3@1017 --json > letter.json',
      ),
    )
    .action(show);
}

/** A letter's name. @throws InvalidArgumentError, which commander says. */
export function letterId(text: string): LetterId {
  const id = load.letters().parseId(text);
  if (id) return id;
  throw new InvalidArgumentError('It must be <topic>/<partition>@<offset>, as dead-letters list prints it.');
}

/** The same for an argument that takes several. */
export function letterIds(text: string, before: LetterId[] | undefined): LetterId[] {
  return [...(before ?? []), letterId(text)];
}

async function show(id: LetterId, options: Options): Promise<void> {
  if ([options.raw, options.hex, options.json].filter(Boolean).length > 1) {
    throw new CliError('--raw, --hex and --json exclude each other', undefined, EXIT.usage);
  }
  const { letter, copy, history, others } = await find(id);
  if (others > 0)
    note(
      'another record was dead-lettered at this place before, as its topic was made anew: this is the newest',
    );
  const { value } = copy;
  if (options.raw) await write(value ?? Buffer.alloc(0));
  else if (options.hex) for (const line of load.terminalText().hexLines(value ?? Buffer.alloc(0))) say(line);
  else if (options.json) say(JSON.stringify(asJson(letter, copy, history), null, 2));
  else for (const line of load.letterText().letterText(letter, copy, history)) say(line);
}

async function find(id: LetterId): Promise<{
  letter: StandingLetter;
  copy: RawRecord;
  history: LetterHistory[];
  /** How many other records had this place. */
  others: number;
}> {
  const { idText, letterKey, scanLetters } = load.letters();
  return load.withLetters().withLetters(async ({ results, reading }) => {
    const copies = new Map<string, RawRecord>();
    const onCopy = (letter: Letter, copy: RawRecord): void => void copies.set(letterKey(letter), copy);
    const found: StandingLetter[] = [];
    await reading(async (topic) => {
      for await (const letter of scanLetters(topic, results, { ids: [id] }, { onCopy })) {
        found.push(letter);
      }
    });
    const [letter] = found.sort((a, b) => b.at.localeCompare(a.at));
    if (!letter) throw load.selectLetters().noSuchLetter(new (load.operations().NoSuchLetter)(idText(id)));
    const copy = copies.get(letterKey(letter))!;
    const history = await results.historyOf(id);
    const own = history.filter(({ fingerprint }) => fingerprint === letter.fingerprint);
    return { letter, copy, history: own, others: found.length - 1 };
  });
}

function asJson(letter: StandingLetter, copy: RawRecord, history: LetterHistory[]): Record<string, unknown> {
  const { idText, messageOf, originalOf, tenantOf } = load.letters();
  const record = originalOf(copy);
  const { id, state, stage, code, at, attempt, fingerprint, copy: place } = letter;
  return {
    id: idText(id),
    state,
    stage,
    code,
    message: messageOf(copy),
    at,
    attempt,
    tenant: tenantOf(record, id.topic),
    fingerprint,
    copy: place,
    now: load.decodedRecord().decodeRecord(record).now,
    record: load.recordJson().recordToJson(record),
    history,
  };
}

/** Resolves when the bytes are written: the process ends soon after. */
function write(bytes: Buffer): Promise<void> {
  return new Promise((resolve) => process.stdout.write(bytes, () => resolve()));
}
