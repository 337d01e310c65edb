import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  endLeftovers,
  pingKafka,
  pingPostgres,
  projectRoot,
  requireFreePort,
  ServerHandle,
  StackError,
} from '#libs/stack';
import { localUrl } from './database';
import { APPLICATION_ROLE, DATABASE, type RunningStack } from './running-stack';
import { choosePorts, dataFolder, stackPasswords } from './stack-file';

/** True when a container engine answers. `docker --version` would answer without one. */
export function engineAnswers(): boolean {
  return spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 15_000 }).status === 0;
}

/** What docker compose reads for its variables: passwords and ports as docker-compose.yml names them. */
function composeEnvironment(): Record<string, string> {
  const ports = choosePorts();
  return {
    POSTGRES_PASSWORD: stackPasswords().owner,
    KAFKA_PORT: String(ports.kafka),
    POSTGRES_PORT: String(ports.postgres),
  };
}

/** Runs docker compose to its end. @throws StackError with its last line when it fails */
export function compose(args: string[]): void {
  const result = spawnSync('docker', ['compose', ...args], {
    cwd: projectRoot(),
    env: { ...process.env, ...composeEnvironment() },
    encoding: 'utf8',
  });
  if (result.status === 0) return;
  const line = (result.stderr || result.error?.message || '').trim().split('\n').pop();
  throw new StackError(
    `docker compose ${args.join(' ')} failed (${line})`,
    'see that Docker runs and has the Compose plugin (docker compose version)',
  );
}

/**
 * Kafka and PostgreSQL as containers of docker-compose.yml, on 127.0.0.1, with their data in named volumes. They end
 * with this process, also when it is killed: `docker compose up` runs below a supervisor.
 * @throws StackError when Compose or a port is missing
 */
export async function composeStack(log: (line: string) => void): Promise<RunningStack> {
  const ports = choosePorts();
  const passwords = stackPasswords();
  const dataDir = join(dataFolder(), 'compose');
  mkdirSync(dataDir, { recursive: true });
  const brokers = `127.0.0.1:${ports.kafka}`;
  const ownerUrl = localUrl('postgres', passwords.owner, ports.postgres, DATABASE);
  compose(['version']);
  log('starting containers (the first time their images are fetched, which takes minutes)');
  const handle = await ServerHandle.start({
    what: 'Docker Compose',
    port: ports.kafka,
    // The images are fetched within this time.
    startTimeoutMs: 15 * 60_000,
    async prepare() {
      await endLeftovers(dataDir, 'Docker Compose', () => false);
      // Containers whose supervisor was killed as well still run.
      compose(['down', '--timeout', '20']);
      await requireFreePort(ports.kafka, 'Kafka', 'KAFKA_PORT');
      await requireFreePort(ports.postgres, 'PostgreSQL', 'POSTGRES_PORT');
    },
    plan: () => ({
      dataDir,
      command: 'docker',
      args: ['compose', 'up', '--abort-on-container-exit', '--no-color'],
      cwd: projectRoot(),
      env: composeEnvironment(),
      logFile: join(dataDir, 'server.log'),
      // docker compose up stops its containers in order when it gets this.
      stopSignal: 'SIGTERM',
      graceMs: 40_000,
    }),
    async ping() {
      await pingKafka([brokers]);
      await pingPostgres(ownerUrl);
    },
  });
  return {
    kind: 'compose',
    description: 'Docker Compose (docker-compose.yml)',
    environment: {
      KAFKA_BROKERS: brokers,
      DATABASE_URL: localUrl(APPLICATION_ROLE, passwords.application, ports.postgres, DATABASE),
      MIGRATE_DATABASE_URL: ownerUrl,
    },
    data: 'volumes of Docker Compose (docker volume ls)',
    failed: handle.exited,
    async stop() {
      await handle.stop();
      compose(['down', '--timeout', '20']);
    },
  };
}
