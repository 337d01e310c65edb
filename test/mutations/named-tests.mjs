import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/**
 * Runs tests by their full titles with jest, in a copy of the project.
 *
 * @returns {Promise<Map<string, {verdict: 'passed' | 'caught' | 'failed otherwise' | 'did not run', said: string}>>} by title;
 *   `caught` is a failed expectation of that very test, `failed otherwise` any other failure of it (an exception, a timeout).
 */
export async function runNamedTests(folder, tests, env, cacheFolder) {
  const output = join(folder, 'jest-result.json');
  rmSync(output, { force: true });
  const files = [...new Set(tests.map(({ file }) => file))];
  const titles = tests.map(({ title }) => title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const args = [
    '--selectProjects',
    tests[0].project,
    '--json',
    '--outputFile',
    output,
    '--cacheDirectory',
    cacheFolder,
  ];
  args.push('--runInBand', '--testNamePattern', `^(${titles.join('|')})$`, '--runTestsByPath', ...files);
  const log = await run(join(folder, 'node_modules', 'jest', 'bin', 'jest.js'), args, folder, env);
  const { testResults } = readResult(output, log);
  const found = testResults.flatMap((suite) => suite.assertionResults);
  const broken = testResults.map(({ message }) => stripVTControlCharacters(message)).join('\n');
  return new Map(
    tests.map(({ title }) => [
      title,
      verdictOn(
        found.filter(({ fullName }) => fullName === title),
        broken,
      ),
    ]),
  );
}

function readResult(output, log) {
  try {
    return JSON.parse(readFileSync(output, 'utf8'));
  } catch (error) {
    throw new Error(`jest gave no result:\n${log.slice(-4_000)}`, { cause: error });
  }
}

function verdictOn(results, broken) {
  const ran = results.filter(({ status }) => status === 'passed' || status === 'failed');
  if (ran.length !== 1) {
    return {
      verdict: 'did not run',
      said: ran.length > 1 ? 'more than one test has this title' : firstLines(broken),
    };
  }
  const [{ status, failureMessages }] = ran;
  if (status === 'passed') return { verdict: 'passed', said: '' };
  const said = stripVTControlCharacters(failureMessages[0] ?? '');
  return {
    verdict: failureMessages.every((text) => isAssertion(stripVTControlCharacters(text)))
      ? 'caught'
      : 'failed otherwise',
    said: firstLines(said),
  };
}

/** An expectation of jest's that did not hold, by itself or within a property of fast-check. */
function isAssertion(message) {
  const text = message.replace(/^(\w+: )?/, '');
  return /^expect\(/.test(text) || (/^Property failed after/.test(text) && /\bexpect\(/.test(text));
}

/** The first line, and of what follows the lines that say what was expected and what came. */
function firstLines(message) {
  const [first = '', ...rest] = message.split('\n').filter((line) => line.trim() !== '');
  const difference = rest.filter((line) =>
    /^\s*([-+] |Expected|Received|Got error|Error:|.*SyntaxError)/.test(line),
  );
  const told = difference
    .filter((line) => !/^\s*[-+] (Expected|Received)\s+[-+]\s+\d+/.test(line))
    .slice(0, 3);
  return [first.replace(/^Error: /, ''), ...told].map((line) => line.trim().replace(/\s+/g, ' ')).join(' | ');
}

function run(script, args, cwd, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    child.stdout.on('data', (chunk) => (log += chunk));
    child.stderr.on('data', (chunk) => (log += chunk));
    child.once('error', reject);
    child.once('close', () => resolve(log));
  });
}
