// `npm run bench`: what an event costs, beside a peer and what the machine can do. See bench/README.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { describeMachine } from './machine';
import { type BenchOptions, PHASES, say, withDeployment } from './phases';
import { comparisonOf, reportOf } from './report';
import { type Result } from './result';

/** Runs the phases wanted; what was found out so far is written after each, so that a phase that fails costs no other. */
async function run(options: BenchOptions): Promise<Result> {
  const names = Object.keys(PHASES);
  const unknown = options.only.filter((phase) => !names.includes(phase));
  if (unknown.length > 0) throw new Error(`--only: ${unknown.join(', ')} is none of ${names.join(', ')}`);
  const wanted = names.filter((name) => options.only.length === 0 || options.only.includes(name));
  const result: Result = { machine: await withDeployment(describeMachine), events: options.events };
  for (const name of wanted) {
    Object.assign(result, await PHASES[name]!(options, result));
    if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  }
  return result;
}

/** Servers of its own, on this machine, unless some are given (KAFKA_BROKERS and MIGRATE_DATABASE_URL). */
async function onServers<T>(work: () => Promise<T>): Promise<T> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- shared with the tests, which load it without a build
  const { startTestStack } = require('../test/stack/test-stack.cjs') as {
    startTestStack(
      log: (line: string) => void,
      options: { sharedBuffers: string },
    ): Promise<{ brokers: string; databaseUrl: string; stop(): Promise<void> }>;
  };
  // An eighth of the tables and indexes of a million tasks would fit PostgreSQL's default; nobody runs that with it.
  const stack = await startTestStack(say, { sharedBuffers: '2GB' });
  process.env.CT_TEST_KAFKA_BROKERS = stack.brokers;
  process.env.CT_TEST_DATABASE_URL = stack.databaseUrl;
  try {
    return await work();
  } finally {
    await stack.stop();
  }
}

const resultIn = (file: string): Result => JSON.parse(readFileSync(file, 'utf8')) as Result;
const number = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`'${text}' must be a whole number of at least 1`);
  return value;
};

const program = new Command('bench')
  .description('What an event costs, beside a peer and what the machine can do. Build first: npm run build')
  .option('--only <phases...>', `some of ${Object.keys(PHASES).join(', ')}`, [])
  .option('--runs <n>', 'rounds that count', number, 5)
  .option('--events <n>', 'events a round; the peer gets a thirtieth', number, 60_000)
  .option('--memory-events <n>', 'events to drain for the memory', number, 1_000_000)
  .option('--seconds <n>', 'how long the half load lasts', number, 30)
  .option('--tasks <n>', 'tasks to list', number, 1_000_000)
  .option('--json <file>', 'also write the result here, after each phase')
  .action(async (options: BenchOptions) => {
    const result = await onServers(() => run(options));
    process.stdout.write(`${reportOf(result)}\n`);
  });
program
  .command('table <file>')
  .description('the tables of a result')
  .action((file: string) => void process.stdout.write(`${reportOf(resultIn(file))}\n`));
program
  .command('compare <before> <after>')
  .description('two results beside each other')
  .action(
    (before: string, after: string) =>
      void process.stdout.write(`${comparisonOf(resultIn(before), resultIn(after))}\n`),
  );
program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
});
