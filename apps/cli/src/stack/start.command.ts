import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { StackError, stopAllServers } from '#libs/stack';
import { localIssuer } from '../token/local.issuer';
import { chooseStack } from './choose-stack';
import { withoutPassword } from './database';
import { watchLauncher } from './launcher.watch';
import { type RunningStack } from './running-stack';
import { runCommand, type ServiceProcess, startService, stopServiceProcesses } from './service.process';
import { dataFolder, noteRunning, runningStart, shownPath } from './stack-file';

/** The tenant of everything `start` plays. */
const TENANT = 'demo';

/** Progress and results for people: standard output, one line each. */
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Resolves when somebody wants us to stop: Ctrl-C, SIGTERM, a closed terminal, or npm was killed. */
function stopRequest(): Promise<void> {
  return new Promise((resolve) => {
    const unwatch = watchLauncher(() => resolve());
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      // It stays: npm passes Ctrl-C on, so that it often comes twice.
      process.on(signal, () => {
        unwatch();
        resolve();
      });
    }
  });
}

/** What runs where, and what to try. */
function summary(stack: RunningStack, worker: ServiceProcess, api: ServiceProcess): string {
  const { KAFKA_BROKERS = '', DATABASE_URL = '' } = stack.environment;
  return [
    '',
    `conversation-tasks runs, on ${stack.description}. Ctrl-C stops it.`,
    `  Kafka       ${KAFKA_BROKERS}`,
    `  PostgreSQL  ${withoutPassword(DATABASE_URL)}`,
    `  API         http://127.0.0.1:${api.httpPort}/v1, process ${api.pid}, log in ${shownPath('api.log')}`,
    `  worker      process ${worker.pid}, log in ${shownPath('worker.log')}`,
    `  health      http://127.0.0.1:${worker.managementPort}/health/ready (worker), http://127.0.0.1:${api.managementPort}/health/ready (API), /metrics beside them`,
    `  data        ${stack.data}; it stays until: npm run cli -- reset`,
    `Everything played so far is in tenant ${TENANT}. Try, in another terminal:`,
    '  npm run cli -- events tail task-activity --from-beginning --count 3',
    `  TOKEN=$(npm run -s cli -- token --as agent:eli --tenant ${TENANT}); curl -H "Authorization: Bearer $TOKEN" "http://127.0.0.1:${api.httpPort}/v1/tasks?limit=3"`,
    '  npm run cli -- lag',
    '  npm run cli -- verify',
    `  npm run cli -- simulate --tenant ${TENANT} --seed 2`,
    '',
  ].join('\n');
}

/**
 * Brings everything up, and waits until something ends by itself.
 * @param up gets the servers as soon as they run
 * @returns the line that says what ended
 */
async function bringUp(up: (stack: RunningStack) => void): Promise<string> {
  mkdirSync(dataFolder(), { recursive: true });
  const stack = await chooseStack(process.env, say);
  up(stack);
  const { environment } = stack;
  noteRunning(environment);
  say('Kafka and PostgreSQL are up; making tables and topics');
  await runCommand(['migrate'], environment);
  say('starting the worker and the API');
  const { MIGRATE_DATABASE_URL: _, ...ofService } = environment;
  const [worker, api] = await Promise.all([
    startService('worker', ofService, join(dataFolder(), 'worker.log')),
    startService('api', { ...ofService, ...apiEnvironment(process.env) }, join(dataFolder(), 'api.log')),
  ]);
  say(`playing conversations in tenant ${TENANT}`);
  await runCommand(['simulate', '--tenant', TENANT, '--seed', '1'], environment);
  say(summary(stack, worker, api));
  return Promise.race([worker.exited, api.exited, stack.failed]);
}

/** What the API is told beside the servers: whose tokens to trust, unless that is set already, and another management port than the worker's. */
function apiEnvironment({
  JWT_JWKS_URL,
  JWT_PUBLIC_KEY_FILE,
  MANAGEMENT_PORT,
}: NodeJS.ProcessEnv): Record<string, string> {
  const trustsOther = Boolean(JWT_JWKS_URL?.trim() || JWT_PUBLIC_KEY_FILE?.trim());
  const managementPort = MANAGEMENT_PORT?.trim() === '0' ? '0' : '';
  return { MANAGEMENT_PORT: managementPort, ...(trustsOther ? {} : localIssuer(dataFolder())) };
}

/** Stops what runs, the worker before what it needs. The order of the native servers does not matter. */
async function bringDown(stack: RunningStack | undefined): Promise<void> {
  await stopServiceProcesses();
  await stack?.stop();
  // Servers that were still starting.
  await stopAllServers();
  if (existsSync(dataFolder())) noteRunning(null);
}

/**
 * `start`: servers, tables and topics, the worker and sample data; stays until it is told to stop or something ends.
 * @returns the exit code: 0 when told to stop, 1 when something failed, which was said in one line
 */
export async function startCommand(): Promise<number> {
  const other = runningStart();
  if (other) {
    process.stderr.write(
      `It runs already, started by process ${other.pid} - use that one, or stop it with Ctrl-C there or: kill ${other.pid}\n`,
    );
    return 1;
  }
  let stack: RunningStack | undefined;
  const told = stopRequest().then(() => null);
  const failed = bringUp((servers) => (stack = servers)).then(
    (ended) => ended,
    (error: unknown) =>
      error instanceof StackError ? error.message : `The start failed: ${(error as Error).message}`,
  );
  const problem = await Promise.race([told, failed]);
  if (problem === null) say('stopping');
  else process.stderr.write(`${problem}\n`);
  await bringDown(stack);
  return problem === null ? 0 : 1;
}
