// `npm test`: everything that must pass, on real servers. Installs what is missing, fails rather than skips, prints a
// table of the steps and ends with a line "N passed, N failed". CT_TEST_STACK=native|containers overrides what the
// tests run on; KAFKA_BROKERS and MIGRATE_DATABASE_URL name servers of your own.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { checkNode, installPackages, noteBuild, root } from '../apps/cli/bin/prepare.mjs';

const require = createRequire(import.meta.url);
const started = Date.now();
const results = [];
const children = new Set();
/** What the tests run on, once it is up. */
let stack;
/** Somebody pressed Ctrl-C: nothing more is started. */
let stopping = false;

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
const say = (line) => process.stdout.write(`${line}\n`);
const works = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Programs that the tests use as outside clients and servers, and the Debian packages that have them. */
const TOOLS = [
  { name: 'kcat, the librdkafka client', packages: ['kcat'], there: () => works('kcat', ['-V']) },
  {
    name: 'a Java 17 development kit, for the Java client',
    packages: ['openjdk-17-jdk-headless'],
    there: () => {
      const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
      const modules = spawnSync(java, ['--list-modules'], { encoding: 'utf8' });
      const version = /^jdk\.compiler@(\d+)/m.exec(modules.stdout ?? '')?.[1];
      return Number(version) >= 17;
    },
  },
  { name: "Maven, for Kafka's jars", packages: ['maven'], there: () => works('mvn', ['-v']) },
];

/** Installs missing tools where that is possible without asking: as root, with apt-get. @throws naming all that stay missing */
function installTools() {
  const missing = TOOLS.filter((tool) => !tool.there());
  if (missing.length === 0) return;
  const packages = missing.flatMap((tool) => tool.packages);
  if (process.getuid?.() === 0 && works('apt-get', ['--version'])) {
    say(`installing Debian packages: ${packages.join(' ')}`);
    const options = {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    };
    spawnSync('apt-get', ['update', '-qq'], options);
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options);
  }
  const left = missing.filter((tool) => !tool.there());
  if (left.length === 0) return;
  const names = left.map((tool) => tool.name).join('; ');
  throw new Error(
    `missing: ${names} - install them (Debian, as root: apt-get install ${left.flatMap((tool) => tool.packages).join(' ')})`,
  );
}

/** Runs a program of node_modules or Node itself. @returns {code, output}; output is empty when it went to the terminal */
function run(command, args, { env = {}, live = false } = {}) {
  // Never resolves: the process is about to end.
  if (stopping) return new Promise(() => undefined);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0' },
      stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
    });
    children.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    child.once('error', (error) => (output += error.message));
    child.once('close', (code) => {
      children.delete(child);
      resolve({ code: code ?? 1, output });
    });
  });
}

const bin = (name) => join(root, 'node_modules', '.bin', name);

/** A step: does something, is timed, and counts as one passed or failed, or as the tests it ran. */
async function step(name, work) {
  const since = Date.now();
  let result;
  try {
    result = { passed: 1, failed: 0, ...(await work()) };
  } catch (error) {
    result = { passed: 0, failed: 1, output: error.message };
  }
  results.push({ name, time: seconds(since), ...result });
  say(`${result.failed === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds(since)})`);
  if (result.failed > 0 && result.output) say(result.output.trimEnd());
  return result.failed === 0;
}

/** A step that is one program's exit code. */
const program = (name, command, args, options) =>
  step(name, async () => {
    const { code, output } = await run(command, args, options);
    return code === 0 ? {} : { passed: 0, failed: 1, output };
  });

/** A step of jest's: counts its tests. A suite that did not run counts as failed, and so does a skipped test. */
function jest(project, args, { env, live }) {
  return step(`jest ${project}`, async () => {
    const file = join(root, '.cache', 'test', `${project}.json`);
    rmSync(file, { force: true });
    const all = ['--selectProjects', project, '--json', `--outputFile=${file}`, '--silent=false', ...args];
    const { code, output } = await run(bin('jest'), all, { env, live });
    if (!existsSync(file))
      return { passed: 0, failed: 1, output: output || `jest ended with exit code ${code}` };
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const skipped = report.numPendingTests + report.numTodoTests;
    if (skipped > 0) say(`${skipped} tests of ${project} were skipped, which counts as failed`);
    const failed = report.numFailedTests + report.numRuntimeErrorTestSuites + skipped;
    // A leak or a broken teardown fails jest without failing a test.
    return { passed: report.numPassedTests, failed: failed || (code === 0 ? 0 : 1), output };
  });
}

/** Runs steps two at a time: this machine may have two cores. */
async function twoAtATime(steps) {
  const queue = [...steps];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await next();
  };
  await Promise.all([worker(), worker()]);
}

/** What needs no server. @returns whether there is a build to test */
async function checkCode() {
  let built = false;
  await twoAtATime([
    async () => {
      built = await program('build', bin('nest'), ['build']);
      if (built) noteBuild();
    },
    () => program('types', bin('tsc'), ['-p', '.', '--noEmit']),
    () => program('lint', bin('eslint'), ['.']),
    () => jest('unit', ['--maxWorkers=1'], { live: false }),
    () => program('format', bin('prettier'), ['--check', '--log-level=warn', '.']),
    () => program('dependency law', process.execPath, [join(root, 'test', 'law', 'law.mjs')]),
    () => program('unused code', bin('knip'), ['--no-progress']),
    // They run last, half an hour on.
    () => program('mutants fit', process.execPath, [join(root, 'test', 'mutations', 'run.mjs'), '--fit']),
  ]);
  return built;
}

/** What needs Kafka and PostgreSQL. */
async function checkOnServers() {
  const up = await step('Kafka and PostgreSQL', async () => {
    const { kafkaProgram, kafkaTools } = require('../libs/stack/src/index.ts');
    await kafkaProgram(say);
    await kafkaTools(say);
    stack = await require('./stack/test-stack.cjs').startTestStack(say);
    say(`testing on ${stack.kind} servers`);
    return {};
  });
  if (!up) {
    // They were to run and could not: that is a failure each, not an absence.
    for (const name of ['jest integration', 'jest e2e'])
      await step(name, () => Promise.reject(new Error('no servers to run on')));
    return;
  }
  const env = { CT_TEST_KAFKA_BROKERS: stack.brokers, CT_TEST_DATABASE_URL: stack.databaseUrl };
  try {
    await jest('integration', ['--maxWorkers=2'], { env, live: true });
    await jest('e2e', ['--runInBand'], { env, live: true });
    await program('mutations', process.execPath, [join(root, 'test', 'mutations', 'run.mjs')], { env });
  } finally {
    await stack.stop();
  }
}

/** The table of steps and the last line. @returns the exit code */
function report() {
  const width = Math.max(...results.map(({ name }) => name.length));
  say('');
  for (const { name, time, passed, failed } of results) {
    const counts =
      passed + failed > 1 ? `${passed} passed, ${failed} failed` : failed === 0 ? 'passed' : 'FAILED';
    say(`${name.padEnd(width)}  ${time.padStart(8)}  ${counts}`);
  }
  const sum = (field) => results.reduce((total, result) => total + result[field], 0);
  say(`${'all'.padEnd(width)}  ${seconds(started).padStart(8)}`);
  say('');
  say(`${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') === 0 ? 0 : 1;
}

async function main() {
  checkNode();
  installPackages(say);
  // Only now are there packages to require.
  require('./stack/register.cjs');
  mkdirSync(join(root, '.cache', 'test'), { recursive: true });
  if (process.env.CT_REQUIRE_SHARED_DATA && !existsSync(join(root, '..', 'shared', 'data'))) {
    throw new Error(
      '../shared/data is missing, and CT_REQUIRE_SHARED_DATA is set - put it there or unset that',
    );
  }
  const { descendants, stopAllServers } = require('../libs/stack/src/index.ts');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      stopping = true;
      // jest's workers outlive jest when it alone is told.
      const below = [...children].flatMap((child) => [child.pid, ...descendants(child.pid)]);
      for (const pid of below) {
        try {
          process.kill(pid, 'SIGTERM');
        } catch {
          // It ended by itself meanwhile.
        }
      }
      const stopped = stack ? stack.stop() : stopAllServers();
      void stopped.finally(() => process.exit(130));
    });
  }
  await step('tools', async () => installTools());
  if (await checkCode()) await checkOnServers();
  else await step('tests on servers', () => Promise.reject(new Error('not run: the build failed')));
  return report();
}

main().then(
  (code) => process.exit(code),
  (error) => {
    say(error.message);
    say('0 passed, 1 failed');
    process.exit(1);
  },
);
