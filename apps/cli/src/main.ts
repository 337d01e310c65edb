import { CommanderError } from 'commander';
import { EXIT } from './cli.error';
import { explain } from './explain';
import { endQuietlyOnClosedPipe, note } from './output';
import { createProgram } from './program';

async function main(): Promise<void> {
  endQuietlyOnClosedPipe();
  try {
    await createProgram().parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
  // kafkajs may hold sockets and timers for a while after it was told to disconnect: what was asked for is done.
  process.stdout.write('', () => process.exit());
}

function exitCodeOf(error: unknown): number {
  // Commander has said what is wrong, or printed the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const { line, exitCode } = explain(error);
  note(line);
  if (process.env.LOG_LEVEL === 'debug' && error instanceof Error) note(error.stack ?? '');
  return exitCode;
}

void main();
