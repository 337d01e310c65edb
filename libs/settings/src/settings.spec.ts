import { readAvailableSettings, readSettings, SettingsError } from '.';

const enough = {
  KAFKA_BROKERS: '127.0.0.1:9092',
  DATABASE_URL: 'postgres://app:secret@127.0.0.1:5432/tasks',
};

describe('readSettings', () => {
  test('given brokers and database only, then the rest are the documented defaults', () => {
    expect(readSettings(enough)).toEqual({
      kafkaBrokers: ['127.0.0.1:9092'],
      kafkaGroupId: 'conversation-tasks',
      topicPrefix: '',
      kafkaSessionTimeoutMs: 30_000,
      databaseUrl: enough.DATABASE_URL,
      migrateDatabaseUrl: null,
      shards: null,
      logLevel: 'info',
      concurrency: 4,
      databasePool: 10,
      batchSize: 500,
      pollMs: 500,
      managementPort: null,
      managementHost: '127.0.0.1',
      tracesUrl: null,
      stalledAfterMs: 60_000,
      timerClockFile: null,
    });
  });

  test('given several brokers, then each is one', () => {
    expect(readSettings({ ...enough, KAFKA_BROKERS: 'a:1, b.example:2,[::1]:3' }).kafkaBrokers).toEqual([
      'a:1',
      'b.example:2',
      '[::1]:3',
    ]);
  });

  test.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318/' }, 'http://otel:4318/v1/traces'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://b/t' },
      'https://b/t',
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318', OTEL_SDK_DISABLED: 'TRUE' }, null],
  ])('given %j, then spans go where OpenTelemetry says', (env, url) => {
    expect(readSettings({ ...enough, ...env }).tracesUrl).toBe(url);
  });

  test('given an empty variable, then it counts as unset', () => {
    expect(readSettings({ ...enough, SHARDS: '', TOPIC_PREFIX: '' })).toMatchObject({
      shards: null,
      topicPrefix: '',
    });
  });

  test.each([
    ['KAFKA_BROKERS', 'localhost'],
    ['KAFKA_BROKERS', 'localhost:70000'],
    ['KAFKA_GROUP_ID', 'no spaces'],
    ['TOPIC_PREFIX', 'slash/'],
    ['KAFKA_SESSION_TIMEOUT_MS', '30s'],
    ['DATABASE_URL', 'mysql://app@host/db'],
    ['DATABASE_URL', 'postgres://host/db'],
    ['DATABASE_URL', 'postgres://app@host'],
    ['MIGRATE_DATABASE_URL', 'nonsense'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'otel-host:4318'],
    ['SHARDS', '-12'],
    ['SHARDS', '7.5'],
    ['LOG_LEVEL', 'loud'],
    ['CONCURRENCY', '-1'],
    ['DATABASE_POOL', '1e3'],
    ['BATCH_SIZE', 'many'],
    ['POLL_MS', '5'],
    ['MANAGEMENT_PORT', '65536'],
    ['MANAGEMENT_HOST', 'http://here'],
    ['STALLED_AFTER_MS', '999'],
  ])('given %s=%s, then the variable is named and its value is not', (variable, value) => {
    const read = (): unknown => readSettings({ ...enough, [variable]: value });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(new RegExp(`^${variable} must be`));
    expect(read).not.toThrow(value);
  });

  test('given no shard at all, then SHARDS is refused, since unset already means the default', () => {
    expect(() => readSettings({ ...enough, SHARDS: '0' })).toThrow(/^SHARDS must be a whole number from 1/);
  });

  test('given 0 as the management port, then it is 0, any free one, and not the default', () => {
    expect(readSettings({ ...enough, MANAGEMENT_PORT: '0' }).managementPort).toBe(0);
  });

  test('given everything wrong, then all of it is said at once', () => {
    expect(() => readSettings({ SHARDS: 'x' })).toThrow(/SHARDS .*KAFKA_BROKERS .*DATABASE_URL /);
  });

  test('given neither broker nor database, then who needs neither may go on', () => {
    expect(readAvailableSettings({})).toMatchObject({
      kafkaBrokers: null,
      databaseUrl: null,
      logLevel: 'info',
    });
    expect(() => readAvailableSettings({ DATABASE_URL: 'x' })).toThrow(/^DATABASE_URL must be/);
  });
});
