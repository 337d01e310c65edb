import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { kafkaProgram, type KafkaProgram } from './kafka-jars';
import { endLeftovers } from './leftovers';
import { type NativeServer, type NativeServerOptions } from './native-server';
import { pingKafka } from './ping';
import { freePort, requireFreePort } from './ports';
import { projectRoot } from './project-root';
import { ServerHandle } from './server-handle';
import { StackError } from './stack-error';
import { type SupervisedPlan } from './supervised-process';

/** One Kafka broker, KRaft, in one process. */
export interface NativeKafka extends NativeServer {
  /** For KAFKA_BROKERS. */
  readonly brokers: string;
}

/** Options beyond those of every native server. */
export interface NativeKafkaOptions extends NativeServerOptions {
  /** The KRaft controller's port on 127.0.0.1; a free one when absent. */
  controllerPort?: number;
}

/** The largest record batch the broker takes: 8 MiB inputs, dead letters 64 KiB above, and room for the batch itself. */
const MESSAGE_MAX_BYTES = 9 * 1024 * 1024;

/** server.properties: one node that is broker and controller, sized for a developer's machine. */
function serverProperties(dataDir: string, port: number, controllerPort: number): string {
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(dataDir, 'data'),
    'auto.create.topics.enable': false,
    'message.max.bytes': MESSAGE_MAX_BYTES,
    'replica.fetch.max.bytes': MESSAGE_MAX_BYTES,
    'group.initial.rebalance.delay.ms': 0,
    // After a crash the controller waits this long before it takes the broker back: 12 s with the default of 9 s.
    'broker.session.timeout.ms': 6000,
    'broker.heartbeat.interval.ms': 1000,
    // Tests choose short session timeouts, to see a killed worker's partitions move at once.
    'group.min.session.timeout.ms': 1000,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'num.io.threads': 4,
    'num.network.threads': 2,
    // The default takes 128 MiB of the heap at the start.
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Formats the storage when there is none. A format that was interrupted is done again: nothing can be in it yet. */
function format(program: KafkaProgram, dataDir: string, properties: string): void {
  const data = join(dataDir, 'data');
  if (existsSync(join(data, 'meta.properties'))) return;
  rmSync(data, { recursive: true, force: true });
  // A leading x: an id that begins with "-" would be taken for an option.
  const clusterId = `x${randomBytes(16).toString('base64url').slice(1)}`;
  const args = [
    '-cp',
    program.classPath,
    log4jOption(),
    'kafka.tools.StorageTool',
    'format',
    '-t',
    clusterId,
    '-c',
    properties,
  ];
  const result = spawnSync(program.java, args, { encoding: 'utf8' });
  if (result.status === 0) return;
  throw new StackError(
    `Kafka's storage could not be formatted (${(result.stderr || result.stdout).trim().split('\n')[0]})`,
    `see that ${dataDir} can be written to`,
  );
}

/** Kafka's logging: warnings and errors. */
function log4jOption(): string {
  return `-Dlog4j2.configurationFile=${join(projectRoot(), 'docker', 'kafka-native', 'log4j2.properties')}`;
}

/**
 * Starts Apache Kafka as one KRaft process that listens on 127.0.0.1 only and ends with this process, also when that
 * is killed. Resolves when it serves clients (5–10 s).
 * @throws StackError when Java or Maven is missing, the port is taken, or another run uses the data folder
 */
export async function startNativeKafka(options: NativeKafkaOptions): Promise<NativeKafka> {
  const dataDir = resolve(options.dataDir);
  const log = options.log ?? (() => undefined);
  const program = await kafkaProgram(log);
  const port = options.port ?? (await freePort());
  const controllerPort = options.controllerPort ?? (await freePort());
  const brokers = `127.0.0.1:${port}`;
  const properties = join(dataDir, 'server.properties');
  mkdirSync(dataDir, { recursive: true });
  const marker = `-Dconversation-tasks.data=${dataDir}`;
  const plan: SupervisedPlan = {
    dataDir,
    command: program.java,
    args: [
      '-Xms256m',
      '-Xmx512m',
      '-XX:+ExitOnOutOfMemoryError',
      marker,
      log4jOption(),
      '-cp',
      program.classPath,
      'kafka.Kafka',
      properties,
    ],
    cwd: dataDir,
    logFile: join(dataDir, 'server.log'),
    stopSignal: 'SIGTERM',
    graceMs: 15_000,
  };
  const handle = await ServerHandle.start({
    what: 'Kafka',
    port,
    startTimeoutMs: 90_000,
    async prepare() {
      await endLeftovers(dataDir, 'Kafka', (entry) => entry.command.split(' ').includes(marker));
      await requireFreePort(port, 'Kafka', 'KAFKA_PORT');
      await requireFreePort(controllerPort, "Kafka's controller", 'KAFKA_CONTROLLER_PORT');
      writeFileSync(properties, serverProperties(dataDir, port, controllerPort));
      format(program, dataDir, properties);
    },
    plan: () => plan,
    ping: () => pingKafka([brokers]),
  });
  return Object.assign(handle, { brokers });
}
