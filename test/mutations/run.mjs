// Shows that the tests can fail: breaks one promise at a time in a copy of the code, and sees that the test named for it fails,
// on its assertion. Exit code 1 when a mutant is not caught, 2 when one no longer fits the code or its test fails anyway.
//
//   npm run test:mutations                  all of them
//   npm run test:mutations -- --only relay  those with this text in their name
//   npm run test:mutations -- --fit         no test: whether all still fit the code
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { controls, mutants } from './mutants.mjs';
import { runNamedTests } from './named-tests.mjs';
import { copyTree, patch, staleness } from './patched-copy.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, fit: { type: 'boolean', default: false } },
});
const say = (line) => process.stderr.write(`${line}\n`);

/** The servers the integration tests run on: those of the environment, else started for this run, if any test needs them. */
async function startStack(tests) {
  const needed = tests.some(({ project }) => project === 'integration');
  if (!needed || (process.env.CT_TEST_KAFKA_BROKERS && process.env.CT_TEST_DATABASE_URL)) {
    return { env: {}, stop: async () => undefined };
  }
  const { startTestStack } = createRequire(import.meta.url)('../stack/test-stack.cjs');
  const { brokers, databaseUrl, stop } = await startTestStack(say);
  return { env: { CT_TEST_KAFKA_BROKERS: brokers, CT_TEST_DATABASE_URL: databaseUrl }, stop };
}

/** Every named test must pass on the code as it is, or its failing says nothing. */
async function testsThatFailAnyway(folder, tests, env, cache) {
  copyTree(root, folder);
  const failing = [];
  for (const project of new Set(tests.map((test) => test.project))) {
    const own = tests.filter((test) => test.project === project);
    const results = await runNamedTests(folder, own, env, cache);
    for (const [title, { verdict, said }] of results) {
      if (verdict !== 'passed') failing.push(`"${title}" ${verdict} on the code as it is: ${said}`);
    }
  }
  return failing;
}

function printTable(rows) {
  const columns = process.stdout.columns ?? 160;
  const widths = [0.21, 0.17, 0.29, 0.25].map((share) => Math.floor((columns - 24) * share));
  const table = new Table({
    head: ['mutant', 'file', 'named test', 'how it failed', ''],
    colWidths: [...widths, 16],
    wordWrap: true,
    wrapOnWordBoundary: false,
    style: { head: [], border: [] },
  });
  for (const { mutant, said, mark } of rows) {
    const { name, file, test } = mutant;
    table.push([name, file, `${test.file}\n${test.title}`, said.slice(0, 300), mark]);
  }
  process.stdout.write(`${table.toString()}\n`);
}

async function main() {
  const chosen = [...mutants, ...controls].filter(({ name }) => name.includes(values.only));
  if (chosen.length === 0) throw new Error(`no mutant has "${values.only}" in its name`);
  const stale = chosen.flatMap((mutant) => {
    const problem = staleness(mutant, readFileSync(join(root, mutant.file), 'utf8'));
    return problem ? [`stale mutant "${mutant.name}": ${problem}`] : [];
  });
  if (stale.length > 0) throw new Error(stale.join('\n'));
  if (values.fit) return 0;

  const work = mkdtempSync(join(tmpdir(), 'conversation-tasks-mutants-'));
  // One path for all copies, each made afresh: jest's cache is kept by path, and what no mutant touches is compiled once.
  const [folder, cache] = [join(work, 'copy'), join(work, 'cache')];
  const tests = [...new Map(chosen.map(({ test }) => [`${test.file} ${test.title}`, test])).values()];
  const stack = await startStack(tests);
  const end = async () => {
    await stack.stop();
    rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  };
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => end().finally(() => process.exit(130)));
  try {
    say(`${tests.length} tests on the code as it is`);
    const failing = await testsThatFailAnyway(folder, tests, stack.env, cache);
    if (failing.length > 0) throw new Error(failing.join('\n'));
    const rows = [];
    for (const [index, mutant] of chosen.entries()) {
      copyTree(root, folder);
      patch(folder, mutant);
      const results = await runNamedTests(folder, [mutant.test], stack.env, cache);
      const { verdict, said } = results.get(mutant.test.title);
      const wanted = mutant.verdict ?? 'caught';
      const caught = wanted === 'caught' ? 'ok' : 'ok: not taken';
      rows.push({ mutant, said: said || verdict, mark: verdict === wanted ? caught : 'NOT CAUGHT' });
      say(
        `${index + 1}/${chosen.length} ${rows.at(-1).mark}  ${mutant.name}${verdict === wanted ? '' : ` (${verdict})`}`,
      );
    }
    printTable(rows);
    const escaped = rows.filter(({ mark }) => mark === 'NOT CAUGHT');
    say(`${rows.length - escaped.length} of ${rows.length} as they should be`);
    return escaped.length === 0 ? 0 : 1;
  } finally {
    await end();
  }
}

main().then(
  (code) => process.exit(code),
  (error) => {
    say(error.message);
    process.exit(2);
  },
);
