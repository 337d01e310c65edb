import { SettingsError } from '#libs/settings';
import { describeError } from './log.options';

/** What a parent process, if there is one, waits for: the ports that were found, and that this one does its work. */
export function tellParent(news: { managementPort: number } | { ready: true; httpPort?: number }): void {
  process.send?.(news);
}

/**
 * Runs a process of the product. One that does not start says why in one line, and ends with 2 for a wrong setting and with 1 for all
 * else; an error that nobody caught ends it, and is said without its properties: Node would print them all, and in a database's error
 * they are what customers said.
 *
 * @param name as it begins a sentence: "The worker".
 */
export function runProgram(name: string, main: () => Promise<void>): void {
  process.on('uncaughtException', (error: unknown) => {
    const line = {
      level: 60,
      time: Date.now(),
      msg: 'an error that nobody caught',
      err: describeError(error),
    };
    process.stderr.write(`${JSON.stringify(line)}\n`);
    process.exit(1);
  });
  main().catch((error: unknown) => {
    const { name: kind, message } = error as Error;
    process.stderr.write(`${name} did not start: ${message}\n`);
    process.exit(kind === SettingsError.name ? 2 : 1);
  });
}
