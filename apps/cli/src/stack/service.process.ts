import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, StackError } from '#libs/stack';

/** What ends with `start`: a process of the built service. */
export interface ServiceProcess {
  pid: number;
  /** Where its health and metrics are. */
  managementPort: number;
  /** Where the API is served; 0 for what serves none. */
  httpPort: number;
  /** Resolves with one line when it ends, by itself or not. */
  exited: Promise<string>;
  /** SIGTERM, then SIGKILL when it takes too long; resolves when it has ended. */
  stop(): Promise<void>;
}

/** A worker finishes its batches in less than 20 s. */
const STOP_WITHIN_MS = 25_000;

/** What `start` runs at the moment, so that a Ctrl-C in the middle of the start stops it too. */
const running = new Set<ChildProcess>();

/** Starts a program of dist/. It gets the IPC channel whose end tells it that we are gone. */
function launch(
  script: string,
  args: string[],
  environment: Record<string, string>,
  output: number | 'pipe',
): ChildProcess {
  const root = projectRoot();
  const child = fork(join(root, 'dist', 'apps', script), args, {
    cwd: root,
    env: { ...process.env, ...environment },
    execArgv: ['--enable-source-maps', '--require', join(root, 'apps', 'cli', 'bin', 'end-with-parent.cjs')],
    stdio: ['ignore', output, output, 'ipc'],
    // A session of its own: Ctrl-C reaches `start` alone, which stops everything in order.
    detached: true,
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** Stops a child: SIGTERM, then SIGKILL. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await closed;
  clearTimeout(timer);
}

/** Stops every program of the service that `start` runs. */
export async function stopServiceProcesses(): Promise<void> {
  await Promise.all([...running].map(end));
}

/** The line that says what went wrong: an error's, else the last; a crash ends with its stack and Node's version. */
function tellingLine(output: string): string | undefined {
  const lines = output.split('\n').filter((line) => /^\S/.test(line) && !/^Node\.js v/.test(line));
  return lines.findLast((line) => /error/i.test(line)) ?? lines.pop();
}

/**
 * Runs one command of the CLI to its end.
 * @throws StackError with what it said last when it fails
 */
export function runCommand(args: string[], environment: Record<string, string>): Promise<void> {
  const child = launch('cli/src/main.js', args, environment, 'pipe');
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return resolve();
      const last = tellingLine(output) ?? signal ?? `exit code ${code}`;
      reject(new StackError(`${args[0]} failed: ${last}`, `npm run cli -- ${args.join(' ')} shows more`));
    });
  });
}

/** A program of the service, as people call it and as it is built. */
const PROGRAMS = {
  worker: { name: 'The worker', script: 'worker/src/main.js' },
  api: { name: 'The API', script: 'api/src/main.js' },
};

/**
 * Starts a worker or an API, and resolves when it says that it does its work.
 * @throws StackError when it ends before that
 */
export async function startService(
  program: keyof typeof PROGRAMS,
  environment: Record<string, string>,
  logFile: string,
): Promise<ServiceProcess> {
  const { name, script } = PROGRAMS[program];
  const log = openSync(logFile, 'w');
  const child = launch(script, [], environment, log);
  closeSync(log);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`${name} ended: ${error.message}`));
    child.once('close', (code, signal) => {
      const last = tellingLine(readFileSync(logFile, 'utf8'));
      resolve(`${name} ended with ${signal ?? `exit code ${code}`}${last ? ` (${last})` : ''}`);
    });
  });
  const ports = { managementPort: 0, httpPort: 0 };
  const ready = new Promise<null>((resolve) =>
    child.on('message', ({ ready: isReady, ...told }: Partial<typeof ports> & { ready?: boolean }) => {
      Object.assign(ports, told);
      if (isReady) resolve(null);
    }),
  );
  const failure = await Promise.race([ready, exited]);
  if (failure !== null) throw new StackError(failure, `see ${logFile}`);
  return { pid: child.pid ?? 0, ...ports, exited, stop: () => end(child) };
}
