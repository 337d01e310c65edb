import { randomBytes } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Admin, type Kafka } from 'kafkajs';
import {
  TASK_ACTIVITY_TOPIC,
  TASK_DEAD_LETTERS_TOPIC,
  TASK_REJECTIONS_TOPIC,
  TOPICS,
  WORKFORCE_GROUP_SUFFIX,
} from '#libs/contracts';
import { createKafka, EventProducer, type OutgoingRecord } from '#libs/messaging';
import { type DeploymentLag, isDrained, lagOf } from './deployment.lag';
import { NodeProcess } from './node-process';
import { ApiProcess } from './api-process';
import { createTestDatabase, type TestDatabase } from './test-database';
import { endOffsetsOf, readTopic, type ReadRecord } from './topic.reader';
import { type ServiceOptions } from './service-process';
import { WorkerProcess } from './worker-process';

const CLI = 'dist/apps/cli/src/main.js';
const LOOK_AGAIN_MS = 100;
/** Before any timer is due. */
const BEFORE_ALL_TIME = '1970-01-01T00:00:00.000Z';
/** How long nothing at all may happen before `drained` gives up. Longer than a killed member keeps its partitions (30 s). */
const STANDSTILL_MS = 60_000;

/** The tables that grow with the input, and that nothing but input may change. */
export const INPUT_TABLES = [
  'task',
  'activity_log',
  'rejection_log',
  'applied_event',
  'conversation',
  'conversation_message',
  'conversation_outcome',
] as const;
export type InputTable = (typeof INPUT_TABLES)[number];

export const OUTPUT_TOPICS = [TASK_ACTIVITY_TOPIC, TASK_REJECTIONS_TOPIC, TASK_DEAD_LETTERS_TOPIC] as const;

/** What the CLI did. */
export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  /** Given on standard input. */
  input?: string;
  env?: Record<string, string>;
  /** Modules loaded before the program, such as one that injects a fault. */
  preload?: string[];
}

export interface TestDeploymentOptions {
  /** Default true; false leaves database and topics to be made by the test. */
  migrated?: boolean;
  /** Default 12, as in production. */
  shards?: number;
  /** Instead of the broker all suites share: for a test that kills it. */
  brokers?: string;
  /** Likewise, the owner's URL of a PostgreSQL server. */
  databaseServerUrl?: string;
}

/**
 * A whole deployment of a test's own: a database, topics and groups with a random name, and as many workers as it wants, on the
 * broker and the server that all suites share. `close` it in afterAll, whatever happened.
 */
export class TestDeployment {
  readonly #workers: WorkerProcess[] = [];
  readonly #apis: ApiProcess[] = [];
  /** What the timers of its workers go by. */
  readonly #clockFile = join(mkdtempSync(join(tmpdir(), 'clock-')), 'instant');
  readonly #lostDatabases: TestDatabase[] = [];

  private constructor(
    /** host:port, separated by commas. */
    readonly brokers: string,
    /** Put before every topic's name as it is. */
    readonly topicPrefix: string,
    readonly groupId: string,
    /** The one it has now: see `loseDatabase`. */
    public database: TestDatabase,
    readonly kafka: Kafka,
    readonly admin: Admin,
    private readonly shards: number,
    private readonly databaseServerUrl: string | undefined,
  ) {
    this.setClock(BEFORE_ALL_TIME);
  }

  static async create(options: TestDeploymentOptions = {}): Promise<TestDeployment> {
    const { migrated = true, shards = 12, brokers = testBrokers(), databaseServerUrl } = options;
    const name = `e2e-${randomBytes(6).toString('hex')}`;
    const kafka = createKafka({ brokers: brokers.split(','), clientId: name }, silent);
    const admin = kafka.admin();
    await admin.connect();
    const database = await createTestDatabase({ migrated: false, serverUrl: databaseServerUrl });
    const groupId = `${name}.group`;
    const deployment = new TestDeployment(
      brokers,
      `${name}.`,
      groupId,
      database,
      kafka,
      admin,
      shards,
      databaseServerUrl,
    );
    try {
      if (migrated) await deployment.migrate();
      return deployment;
    } catch (error) {
      await deployment.close();
      throw error;
    }
  }

  /** The settings of this deployment's processes. */
  get env(): Record<string, string> {
    return {
      KAFKA_BROKERS: this.brokers,
      KAFKA_GROUP_ID: this.groupId,
      TOPIC_PREFIX: this.topicPrefix,
      DATABASE_URL: this.database.url,
      MIGRATE_DATABASE_URL: this.database.ownerUrl,
      SHARDS: String(this.shards),
      MANAGEMENT_PORT: '0',
      TIMER_CLOCK_FILE: this.#clockFile,
    };
  }

  /** Makes tables, roles and topics, with the CLI's `migrate`. */
  async migrate(): Promise<void> {
    await this.mustCli(['migrate']);
    await this.database.app.initialize();
    await this.database.operator.initialize();
  }

  /** Moves the clock that timers go by; it stands at the beginning of 1970 until then. What is due by then happens a little later. */
  setClock(instant: string): void {
    // At once, so that nobody reads half of it.
    writeFileSync(`${this.#clockFile}.new`, instant);
    renameSync(`${this.#clockFile}.new`, this.#clockFile);
  }

  /**
   * From now on the deployment has a new database, not migrated, for the same topics and groups.
   *
   * @returns the one before, to compare with; `close` removes it.
   */
  async loseDatabase(): Promise<TestDatabase> {
    const lost = this.database;
    this.#lostDatabases.push(lost);
    this.database = await createTestDatabase({ migrated: false, serverUrl: this.databaseServerUrl });
    return lost;
  }

  /** Runs one command of the CLI to its end. */
  async cli(args: string[], options: CliOptions = {}): Promise<CliResult> {
    const run = this.startCli(args, options);
    const { code } = await run.exited;
    return { code, stdout: run.stdout, stderr: run.stderr };
  }

  /** Starts one command of the CLI and does not wait. */
  startCli(args: string[], { input, env, preload }: CliOptions = {}): NodeProcess {
    return new NodeProcess({ program: CLI, args, input, preload, env: { ...this.env, ...env } });
  }

  /** As `cli`. @throws with what it wrote when it fails. */
  async mustCli(args: string[], options: CliOptions = {}): Promise<CliResult> {
    const result = await this.cli(args, options);
    if (result.code === 0) return result;
    throw new Error(`cli ${args.join(' ')} ended with ${result.code}\n${result.stdout}${result.stderr}`);
  }

  /** Publishes records as they are; topics without the prefix. */
  async publish(records: readonly OutgoingRecord[]): Promise<void> {
    const producer = new EventProducer(this.kafka, { topicPrefix: this.topicPrefix });
    await producer.connect();
    try {
      await producer.publish(records);
    } finally {
      await producer.disconnect();
    }
  }

  /** Starts a worker and resolves when it has joined its groups. */
  async startWorker(options: ServiceOptions = {}): Promise<WorkerProcess> {
    return this.spawnWorker(options).ready();
  }

  /** Starts a worker and does not wait. */
  spawnWorker({ env = {}, preload = [] }: ServiceOptions = {}): WorkerProcess {
    const worker = new WorkerProcess({ env: { ...this.env, ...env }, preload });
    this.#workers.push(worker);
    return worker;
  }

  /** Starts an API and resolves when it listens. It ends with the deployment. */
  async startApi({ env = {}, preload = [] }: ServiceOptions = {}): Promise<ApiProcess> {
    const api = new ApiProcess({ env: { HTTP_PORT: '0', ...this.env, ...env }, preload });
    this.#apis.push(api);
    return api.ready();
  }

  /** Stops every worker that runs, by SIGTERM. @throws when one does not end with 0. */
  async stopWorkers(): Promise<void> {
    for (const worker of this.#workers.filter(({ exit }) => exit === null)) {
      const { code, signal } = await worker.stop();
      if (code !== 0) throw worker.failure(`ended with ${code ?? signal} on SIGTERM`);
    }
  }

  /**
   * Resolves when the groups have no lag and both topics have everything their logs have. There is no limit on time as long as
   * something happens.
   *
   * @throws when nothing has changed for a minute, or no worker runs any more, saying what is missing and what the workers said.
   */
  async drained(): Promise<void> {
    let changedAt = Date.now();
    let before = '';
    for (;;) {
      // Asked before the lag: a worker that finished everything and then ended is no failure.
      const running = this.#workers.some(({ exit }) => exit === null);
      const lag = await this.lag();
      if (isDrained(lag)) return;
      const now = JSON.stringify(lag);
      if (now !== before) changedAt = Date.now();
      before = now;
      if (!running) throw this.#notDrained('no worker runs', lag);
      if (Date.now() - changedAt > STANDSTILL_MS)
        throw this.#notDrained(`nothing has happened for ${STANDSTILL_MS} ms`, lag);
      await pause(LOOK_AGAIN_MS);
    }
  }

  /** What is still to be read and to be published. */
  lag(): Promise<DeploymentLag> {
    const { admin, topicPrefix, groupId } = this;
    return lagOf({ admin, db: this.database.operator, topicPrefix, groupId });
  }

  /** End offsets of a topic's partitions, by partition; the topic without its prefix. */
  endOffsets(topic: string): Promise<number[]> {
    return endOffsetsOf(this.admin, this.topicPrefix + topic);
  }

  /** End offsets of everything the service publishes. */
  async outputEnds(): Promise<Record<string, number[]>> {
    const ends = await Promise.all(OUTPUT_TOPICS.map(async (topic) => [topic, await this.endOffsets(topic)]));
    return Object.fromEntries(ends) as Record<string, number[]>;
  }

  /** Everything a topic holds now, by partition and offset; the topic without its prefix. */
  records(topic: string): Promise<ReadRecord[]> {
    return readTopic(this.kafka, this.admin, this.topicPrefix + topic);
  }

  /** How many rows each table that grows with the input has, of all tenants. */
  async rowCounts(): Promise<Record<InputTable, number>> {
    const counts = INPUT_TABLES.map((table) => `(select count(*)::int from ${table}) as ${table}`);
    const [row] = await this.query<Record<InputTable, number>>(`select ${counts.join(', ')}`);
    return row!;
  }

  /** A hash over all that each of these tables holds: the same as long as no row and no column of one changed. */
  async contentHashes(tables: readonly InputTable[] = INPUT_TABLES): Promise<Record<string, string>> {
    const hashes = tables.map(
      (table) =>
        `(select md5(coalesce(string_agg(t::text, E'\\n' order by t::text), '')) from ${table} t) as ${table}`,
    );
    const [row] = await this.query<Record<string, string>>(`select ${hashes.join(', ')}`);
    return row!;
  }

  /** Reads the database as the operator's role, which sees every tenant. */
  query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.database.operator.query<Row[]>(sql, parameters);
  }

  /** Ends every process and removes database, topics and groups. Never rejects: it must not hide why a test failed. */
  async close(): Promise<void> {
    await Promise.all([...this.#workers, ...this.#apis].map((process) => process.kill9()));
    const topics = TOPICS.map(({ name }) => this.topicPrefix + name);
    await quietly(async () => {
      const existing = await this.admin.listTopics();
      await this.admin.deleteTopics({ topics: topics.filter((topic) => existing.includes(topic)) });
    });
    await quietly(() => this.admin.deleteGroups([this.groupId, `${this.groupId}${WORKFORCE_GROUP_SUFFIX}`]));
    await quietly(() => this.admin.disconnect());
    for (const database of [this.database, ...this.#lostDatabases]) await quietly(() => database.drop());
    rmSync(dirname(this.#clockFile), { recursive: true, force: true });
  }

  #notDrained(problem: string, lag: DeploymentLag): Error {
    const logs = this.#workers.map((worker) => worker.failure('said').message).join('\n');
    return new Error(`not drained, ${problem}; still missing ${JSON.stringify(lag)}\n${logs}`);
  }
}

/** The brokers that jest's global setup has started or was given. */
function testBrokers(): string {
  const brokers = process.env.CT_TEST_KAFKA_BROKERS;
  if (!brokers)
    throw new Error('CT_TEST_KAFKA_BROKERS is not set: run the tests through npm test or npx jest');
  return brokers;
}

async function quietly(work: () => Promise<unknown>): Promise<void> {
  await work().catch(() => undefined);
}

const nothing = (): void => undefined;
const silent = { log: nothing, warn: nothing, error: nothing, debug: nothing };
