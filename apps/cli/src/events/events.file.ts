import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CliError, EXIT } from '../cli.error';
import { type EventLine, parseEventLine } from './event.line';

/** Lines of a file of events, `.gz` or not; `-` is standard input. Reads as fast as it is asked for. @throws CliError */
export async function* readEventsFile(path: string): AsyncGenerator<EventLine> {
  yield* readEventLines(await open(path));
}

/** Lines of events as they come. @throws BadLineError at the first that is none. */
export async function* readEventLines(input: Readable): AsyncGenerator<EventLine> {
  let number = 0;
  // `for await` over readline drops what fails below it, such as a broken gzip.
  const failed = new Promise<never>((_, reject) => input.once('error', reject));
  failed.catch(() => undefined);
  const lines = createInterface({ input, crlfDelay: Infinity })[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await Promise.race([lines.next(), failed]);
    if (done) break;
    number += 1;
    const line = parseEventLine(value, number);
    if (line) yield line;
  }
  if (input.errored) throw input.errored;
}

/** How many lines a file has, for the progress bar; null for standard input. */
export async function countLines(path: string): Promise<number | null> {
  if (path === '-') return null;
  let count = 0;
  // As large as what is read, lines and all: for a compressed file this is a pass over it, which costs less than not knowing.
  for await (const chunk of await open(path)) {
    for (const byte of chunk as Buffer) if (byte === 10) count += 1;
  }
  return count;
}

async function open(path: string): Promise<Readable> {
  if (path === '-') return process.stdin;
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new CliError(`there is no file ${path}`, undefined, EXIT.usage);
  const file = createReadStream(path);
  if (!path.endsWith('.gz')) return file;
  const plain = createGunzip();
  file.once('error', (error) => plain.destroy(error)).pipe(plain);
  plain.once('error', () => file.destroy());
  return plain;
}
