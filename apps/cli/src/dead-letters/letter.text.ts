import { idText, messageOf, originalOf, type StandingLetter } from '#libs/dead-letters';
import { type LetterHistory } from '#libs/persistence';
import { type RawRecord } from '#libs/processing';
import { decodeRecord, type DecodedRecord, placesNamed } from './decoded.record';
import { safe } from './terminal.text';

/** What is printed of a value at most; `--raw` gives all of it. */
const PRINTED = 16 * 1024;
/** How much is shown around a place in text that is not JSON. */
const AROUND = 60;

/** All that is known of one dead letter, for a person, safe on a terminal. */
export function* letterText(
  letter: StandingLetter,
  copy: RawRecord,
  history: readonly LetterHistory[],
): Generator<string> {
  const { id, state, stage, code, at, attempt, copy: place } = letter;
  const record = originalOf(copy);
  const message = messageOf(copy);
  const decoded = decodeRecord(record);
  yield `${safe(idText(id))}  ${state}, failed ${attempt === 1 ? 'once' : `${attempt} times`}`;
  yield line('failed', `${stage} ${code} at ${at}`);
  yield line('why', message);
  for (const where of whereText(message, decoded, record)) yield line('where', where);
  yield line('now', nowText(decoded.now));
  yield line('copy', `task-dead-letters/${place.partition}@${place.offset}`);
  yield line('key', record.key === null ? '(none)' : record.key.toString('utf8'));
  for (const [name, value] of Object.entries(record.headers)) {
    for (const each of [value].flat()) yield line('header', `${name}: ${String(each ?? '')}`);
  }
  yield* valueText(record, decoded);
  for (const { recordedAt, result, code: became, edited, startedBy, reason, operationId } of history) {
    const what = [result, became, edited && 'edited'].filter(Boolean).join(' ');
    yield line(
      'history',
      `${recordedAt.toISOString()} ${what} by ${startedBy} (${operationId})${reason ? `: ${reason}` : ''}`,
    );
  }
}

const line = (name: string, text: string): string => `${name.padEnd(8)} ${safe(text)}`;

function nowText(now: DecodedRecord['now']): string {
  if (now.reads)
    return 'this release can read it; whether it can be applied says redrive, which begins with a dry run';
  return `this release cannot read it as it is: ${now.code}, ${now.message}`;
}

function* whereText(message: string, { event }: DecodedRecord, { value }: RawRecord): Generator<string> {
  if (event) {
    for (const { place, value: found } of placesNamed(message, event)) {
      yield found === undefined ? `${place} is not there` : `${place} = ${shortened(JSON.stringify(found))}`;
    }
  }
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined && value) {
    const text = value.toString('utf8');
    const at = Number(position);
    yield `…${text.slice(Math.max(0, at - AROUND), at)} ▶ ${text.slice(at, at + AROUND)}…`;
  }
}

function* valueText({ value }: RawRecord, { event, isCloudEvent }: DecodedRecord): Generator<string> {
  if (value === null) {
    yield line('value', '(none)');
    return;
  }
  yield line(
    'value',
    `${value.length.toLocaleString('en-US')} bytes${event && !isCloudEvent ? ', read with less care than the service does' : ''}`,
  );
  const pretty = event && prettyJson({ ...event.attributes, data: event.data });
  yield* printed(pretty ?? value.subarray(0, PRINTED + 1).toString('utf8'));
}

function* printed(text: string): Generator<string> {
  for (const each of safe(text.slice(0, PRINTED), '\n\t').split('\n')) yield `  ${each}`;
  if (text.length > PRINTED) yield '  … and more: --raw gives all of it';
}

/** Undefined for what is nested too deep to be written again. */
function prettyJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, null, 2);
  } catch {
    return undefined;
  }
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
