/** Where a command's results go. A closed pipe (`… | head`) ends the program quietly instead of with a stack trace. */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

/** One line of result on standard output. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One JSON document, or one of many JSON lines, on standard output. Big numbers are written as text. */
export function sayJson(value: unknown): void {
  say(JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each)));
}

/** One line about the work, not its result: standard error. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** 12345 as 12,345. */
export function grouped(value: number | bigint): string {
  return value.toLocaleString('en-US');
}
