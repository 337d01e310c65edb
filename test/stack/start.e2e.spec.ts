import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { freePort, projectRoot } from '#libs/stack';

let dataDir: string;
let ports: { kafka: number; postgres: number };
let npm: ChildProcess | undefined;
let output = '';

/** `npm start` on native servers, with data and ports of this test's own. */
function npmStart(settings: Record<string, string> = {}): void {
  output = '';
  const { KAFKA_BROKERS: _1, DATABASE_URL: _2, MIGRATE_DATABASE_URL: _3, ...env } = process.env;
  npm = spawn('npm', ['start'], {
    cwd: projectRoot(),
    env: {
      ...env,
      STACK: 'native',
      DATA_DIR: dataDir,
      KAFKA_PORT: String(ports.kafka),
      POSTGRES_PORT: String(ports.postgres),
      MANAGEMENT_PORT: '0',
      HTTP_PORT: '0',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  for (const stream of [npm.stdout, npm.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
}

/** Waits for a text in what it prints. */
async function says(text: string): Promise<void> {
  for (let attempt = 0; attempt < 1200 && !output.includes(text); attempt++) {
    if (npm!.exitCode !== null) break;
    await sleep(100);
  }
  expect(output).toContain(text);
}

/** Processes that have this test's data folder or ports in their command line or environment. */
function leftProcesses(): string[] {
  const marks = [dataDir, `KAFKA_PORT=${ports.kafka}`];
  return processes().filter((text) => marks.some((mark) => text.includes(mark)));
}

/** Command line and environment of every process but this one. */
function processes(): string[] {
  if (!existsSync('/proc'))
    return execFileSync('ps', ['-A', '-E', '-ww', '-o', 'command='], { encoding: 'utf8' }).split('\n');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      try {
        return `${readFileSync(`/proc/${pid}/cmdline`, 'utf8')} ${readFileSync(`/proc/${pid}/environ`, 'utf8')}`;
      } catch {
        return [];
      }
    });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Waits for the end of everything `npm start` started. */
async function nothingLeft(): Promise<void> {
  for (let attempt = 0; attempt < 450 && leftProcesses().length > 0; attempt++) await sleep(100);
  expect(leftProcesses()).toEqual([]);
  expect(await Promise.all([accepts(ports.kafka), accepts(ports.postgres)])).toEqual([false, false]);
}

/** How many records `task-activity` holds. */
async function activities(): Promise<number> {
  const kafka = new Kafka({
    clientId: 'start-test',
    brokers: [`127.0.0.1:${ports.kafka}`],
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets('task-activity');
  await admin.disconnect();
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}

/** How many tasks have a timer that is due and has not fired: what it will lead to is in no lag yet. */
async function timersDue(): Promise<number> {
  const { running } = JSON.parse(readFileSync(join(dataDir, 'stack.json'), 'utf8'));
  const db = new Client({ connectionString: running.environment.MIGRATE_DATABASE_URL });
  await db.connect();
  const { rows } = await db.query<{ due: number }>(
    'select count(*)::int as due from task where timer_at <= now()',
  );
  await db.end();
  return rows[0]!.due;
}

/**
 * Waits until the worker has published what it was given: nothing is left to do, and the number no longer grows. A worker that is
 * held up for a while publishes nothing either. In this order: what is applied between the looks makes the number grow.
 */
async function settledActivities(): Promise<number> {
  for (let last = await activities(); ;) {
    await sleep(3_000);
    const due = await timersDue();
    const { output: lag } = await cli('lag');
    const now = await activities();
    if (due === 0 && /^to read: 0 +to publish: 0$/m.test(lag) && now === last && now > 0) return now;
    last = now;
  }
}

/** Runs the CLI in "another terminal", with nothing set but the data folder. */
async function cli(...args: string[]): Promise<{ code: number; output: string }> {
  const { KAFKA_BROKERS: _1, DATABASE_URL: _2, MIGRATE_DATABASE_URL: _3, ...env } = process.env;
  const child = spawn(process.execPath, [join(projectRoot(), 'apps', 'cli', 'bin', 'cli.mjs'), ...args], {
    env: { ...env, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output: text };
}

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'conversation-tasks-start-'));
  ports = { kafka: await freePort(), postgres: await freePort() };
});

afterAll(async () => {
  if (npm && npm.exitCode === null && npm.signalCode === null) npm.kill('SIGKILL');
  await nothingLeft();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('npm start', () => {
  let stored: number;

  it('brings everything up, says where it is, and is found by commands in another terminal', async () => {
    npmStart();
    await says('Ctrl-C stops it.');
    expect(output).toContain(`127.0.0.1:${ports.kafka}`);
    expect(output).not.toContain(
      JSON.parse(readFileSync(join(dataDir, 'stack.json'), 'utf8')).passwords.application,
    );
    stored = await settledActivities();

    const verified = await cli('verify', '--json');
    expect(verified).toMatchObject({ code: 0 });

    const { output: token } = await cli('token', '--as', 'agent:eli', '--tenant', 'demo');
    const [api] = /http:\S+\/v1/.exec(output)!;
    const answer = await fetch(`${api}/tasks?limit=1`, {
      headers: { authorization: `Bearer ${token.trim()}` },
    });
    expect(await answer.json()).toMatchObject({ items: [{ tenantId: 'demo' }] });
  }, 240_000);

  it('goes the way of docs/first-request.md, command by command', async () => {
    const [api] = /http:\S+\/v1/.exec(output)!;
    const page = readFileSync(join(projectRoot(), 'docs', 'first-request.md'), 'utf8');
    const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, commands]) => commands);
    expect(blocks.length).toBeGreaterThanOrEqual(5);
    const script = ['set -e', ...blocks].join('\n').replace('http://127.0.0.1:3000/v1', api);
    // Where its files may be: npm run finds the project from there.
    const { KAFKA_BROKERS: _1, DATABASE_URL: _2, MIGRATE_DATABASE_URL: _3, ...env } = process.env;
    const folder = mkdtempSync(join(dataDir, 'request-'));
    const commands = script.replaceAll('npm run', `npm --prefix ${projectRoot()} run`);
    const child = spawn('bash', ['-c', commands], { cwd: folder, env: { ...env, DATA_DIR: dataDir } });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    expect({ code: (await once(child, 'close'))[0] as number, text }).toMatchObject({ code: 0 });
    for (const said of [
      '"status":"resolved"',
      'task.completed.v1',
      'illegal_transition',
      'priority is required',
      'event: task.commented.v1',
    ])
      expect(text).toContain(said);
    stored = await settledActivities();
  }, 120_000);

  it('leaves nothing behind when npm is killed, and the next start has the data', async () => {
    // when npm alone gets SIGKILL
    npm!.kill('SIGKILL');

    // then all that it started ends
    await nothingLeft();

    // and the next start goes on: the same simulation is all duplicates
    npmStart();
    await says('Ctrl-C stops it.');
    expect(await settledActivities()).toBe(stored);
  }, 240_000);

  it('stops everything at Ctrl-C', async () => {
    // when the terminal sends its signal to the whole group, npm included
    const closed = once(npm!, 'close');
    process.kill(-npm!.pid!, 'SIGINT');

    // then it says so, and ends
    await closed;
    expect(output).toMatch(/\nstopping\n$/);
    await nothingLeft();
  }, 60_000);

  it('names a taken port and the remedy in one line', async () => {
    const listener: Server = createServer().listen(ports.kafka, '127.0.0.1');
    await once(listener, 'listening');
    npmStart();
    const [code] = (await once(npm!, 'close')) as [number];
    listener.close();
    expect(code).toBe(1);
    expect(output).toMatch(
      new RegExp(`^Port ${ports.kafka}, wanted for Kafka, is taken by .* - .*KAFKA_PORT=<port>$`, 'm'),
    );
    await nothingLeft();
  }, 60_000);

  it('stops in the middle of the start', async () => {
    npmStart();
    await says('starting Apache Kafka');
    await sleep(1_500);
    const closed = once(npm!, 'close');
    process.kill(-npm!.pid!, 'SIGTERM');
    await closed;
    await nothingLeft();
  }, 60_000);

  it('is cleared by reset', async () => {
    const reset = await cli('reset', '--yes');
    expect(reset).toMatchObject({ code: 0 });
    expect(existsSync(dataDir)).toBe(false);
  }, 120_000);
});
