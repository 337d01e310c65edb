import { type Environment, EnvironmentReader } from './environment.reader';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What every process of this product is told from outside. Each field names its variable; `.env.example` lists them all. */
export interface Settings {
  /** `KAFKA_BROKERS`: `host:port`, separated by commas. */
  kafkaBrokers: string[];
  /** `KAFKA_GROUP_ID`: the consumer group of the conversation topics. */
  kafkaGroupId: string;
  /** `TOPIC_PREFIX`: put before every topic's name as it is; empty for none. */
  topicPrefix: string;
  /** `KAFKA_SESSION_TIMEOUT_MS`: a worker not heard of for so long loses its partitions to the others. */
  kafkaSessionTimeoutMs: number;
  /** `DATABASE_URL`: PostgreSQL as the application's role. */
  databaseUrl: string;
  /** `MIGRATE_DATABASE_URL`: the same database as its owner; only `migrate` needs it. */
  migrateDatabaseUrl: string | null;
  /** `SHARDS`: N, for the first `migrate` alone; afterwards the stored one counts. Null when unset. */
  shards: number | null;
  /** `LOG_LEVEL`. */
  logLevel: LogLevel;
  /** `CONCURRENCY`: transactions that one worker has under way at once. */
  concurrency: number;
  /** `DATABASE_POOL`: connections at most. */
  databasePool: number;
  /** `BATCH_SIZE`: records of one partition in one batch at most. */
  batchSize: number;
  /** `POLL_MS`: milliseconds between the relay's looks at the logs, and the live stream's, when nothing woke them. */
  pollMs: number;
  /** `MANAGEMENT_PORT`: where health and metrics are served, 0 for any free port; null when unset: the process's own default. */
  managementPort: number | null;
  /** `MANAGEMENT_HOST`: the address it listens on. */
  managementHost: string;
  /**
   * Where spans are sent, OTLP over HTTP: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` as it is, else `OTEL_EXPORTER_OTLP_ENDPOINT` with
   * `/v1/traces`, as OpenTelemetry has it. Null when neither is set, or `OTEL_SDK_DISABLED` is true: there are no traces then.
   */
  tracesUrl: string | null;
  /** `STALLED_AFTER_MS`: without progress for so long, though database and broker answer, a worker is not ready; after half as long again it ends. */
  stalledAfterMs: number;
  /**
   * `TIMER_CLOCK_FILE`: a file that holds the instant timers go by, read at each look, for tests and simulations. Null when unset:
   * they go by the wall clock.
   */
  timerClockFile: string | null;
}

/** N when nothing else is said (contract, Topics). */
export const DEFAULT_SHARDS = 12;

/** `MANAGEMENT_PORT` when nothing else is said (contract, Commands). */
export const WORKER_MANAGEMENT_PORT = 9464;

/** As `Settings`, before anybody insisted on broker and database: a command that needs one of them only asks for that one. */
export type AvailableSettings = Omit<Settings, 'kafkaBrokers' | 'databaseUrl'> & {
  kafkaBrokers: string[] | null;
  databaseUrl: string | null;
};

/**
 * Parses the environment once into a typed object; a process that runs the service needs all of it.
 *
 * @throws SettingsError naming every variable that is missing or bad and what it should be, never its value.
 */
export function readSettings(env: Environment): Settings {
  const reader = new EnvironmentReader(env);
  return settingsOf(parseSettings(reader), reader);
}

/** Insists on broker and database, and on everything read so far. @throws SettingsError */
export function settingsOf(settings: AvailableSettings, reader: EnvironmentReader): Settings {
  const { kafkaBrokers, databaseUrl } = settings;
  if (!kafkaBrokers) reader.refuse('KAFKA_BROKERS', 'must be set: host:port, separated by commas');
  if (!databaseUrl) reader.refuse('DATABASE_URL', 'must be set: postgres://role:password@host:port/database');
  reader.check();
  return { ...settings, kafkaBrokers: kafkaBrokers!, databaseUrl: databaseUrl! };
}

/**
 * The same for who does not need everything: brokers and database may be missing.
 *
 * @throws SettingsError as above, for what is set and bad.
 */
export function readAvailableSettings(env: Environment): AvailableSettings {
  const reader = new EnvironmentReader(env);
  const settings = parseSettings(reader);
  reader.check();
  return settings;
}

/** What every process may be told. */
export function parseSettings(reader: EnvironmentReader): AvailableSettings {
  const brokers = reader.text('KAFKA_BROKERS', isBrokerList, 'must be host:port, separated by commas');
  const shards = reader.integer('SHARDS', 1, 1_000, 0);
  return {
    kafkaBrokers: brokers?.split(',').map((broker) => broker.trim()) ?? null,
    kafkaGroupId:
      reader.text('KAFKA_GROUP_ID', isTopicText, 'must be 1–200 of A-Z a-z 0-9 . _ -') ??
      'conversation-tasks',
    topicPrefix: reader.text('TOPIC_PREFIX', isTopicText, 'must be at most 200 of A-Z a-z 0-9 . _ -') ?? '',
    kafkaSessionTimeoutMs: reader.integer('KAFKA_SESSION_TIMEOUT_MS', 1_000, 1_800_000, 30_000),
    databaseUrl: reader.text('DATABASE_URL', isPostgresUrl, POSTGRES_URL) ?? null,
    migrateDatabaseUrl: reader.text('MIGRATE_DATABASE_URL', isPostgresUrl, POSTGRES_URL) ?? null,
    shards: shards === 0 ? null : shards,
    logLevel: reader.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    concurrency: reader.integer('CONCURRENCY', 1, 64, 4),
    databasePool: reader.integer('DATABASE_POOL', 1, 500, 10),
    batchSize: reader.integer('BATCH_SIZE', 1, 10_000, 500),
    pollMs: reader.integer('POLL_MS', 10, 60_000, 500),
    managementPort: reader.integer('MANAGEMENT_PORT', 0, 65_535, null),
    tracesUrl: tracesUrlOf(reader),
    managementHost: reader.text('MANAGEMENT_HOST', isHost, 'must be an address or a name') ?? '127.0.0.1',
    stalledAfterMs: reader.integer('STALLED_AFTER_MS', 1_000, 3_600_000, 60_000),
    timerClockFile: reader.text('TIMER_CLOCK_FILE', () => true, '') ?? null,
  };
}

/** Names, values and meaning are OpenTelemetry's. */
function tracesUrlOf(reader: EnvironmentReader): string | null {
  const shouldBe = 'must be a URL such as http://collector:4318';
  const base = reader.text('OTEL_EXPORTER_OTLP_ENDPOINT', isHttpUrl, shouldBe);
  const own = reader.text('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', isHttpUrl, shouldBe);
  const disabled = reader.text('OTEL_SDK_DISABLED', () => true, '')?.toLowerCase() === 'true';
  if (disabled) return null;
  return own ?? (base === undefined ? null : `${base.replace(/\/$/, '')}/v1/traces`);
}

export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

const POSTGRES_URL = 'must be a URL such as postgres://role:password@host:5432/database';

function isPostgresUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, hostname, pathname } = new URL(text);
  return (
    ['postgres:', 'postgresql:'].includes(protocol) &&
    username !== '' &&
    hostname !== '' &&
    pathname.length > 1
  );
}

function isBrokerList(text: string): boolean {
  return text.split(',').every((broker) => {
    const port = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):(\d{1,5})$/.exec(broker.trim())?.[1];
    return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
  });
}

export function isHost(text: string): boolean {
  return /^[A-Za-z0-9._:%-]{1,255}$/.test(text);
}

function isTopicText(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,200}$/.test(text);
}
