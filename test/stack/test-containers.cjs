// Kafka and PostgreSQL as containers, for tests where an engine answers. The images are those of docker-compose.yml.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { GenericContainer, Wait } = require('testcontainers');
const { parse } = require('yaml');
const { freePort } = require('../../libs/stack/src/index.ts');

const root = join(__dirname, '..', '..');
const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'));

/** The broker must tell clients the port they reach it at, so that port is chosen before it starts. */
async function startKafka() {
  const port = await freePort();
  const { image, command, environment } = compose.services.kafka;
  // Compose reads $$ as $.
  const script = command[2].replaceAll('$$', '$');
  const properties = join(root, 'docker', 'kafka.properties');
  return new GenericContainer(image)
    .withCopyFilesToContainer([{ source: properties, target: '/etc/kafka/kafka.properties', mode: 0o644 }])
    .withEnvironment({
      KAFKA_HEAP_OPTS: environment.KAFKA_HEAP_OPTS,
      ADVERTISED: `PLAINTEXT://127.0.0.1:${port},CONTAINERS://localhost:19092`,
    })
    .withCommand(['bash', '-c', script])
    .withExposedPorts({ container: 9092, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(300_000)
    .start()
    .then((container) => ({ container, brokers: `127.0.0.1:${port}` }));
}

async function startPostgres() {
  const container = await new GenericContainer(compose.services.postgres.image)
    .withEnvironment({ POSTGRES_PASSWORD: 'test' })
    .withExposedPorts(5432)
    .withCommand(['postgres', '-c', 'max_connections=200'])
    // The first of the two is the server that only initialises.
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .withStartupTimeout(300_000)
    .start();
  const databaseUrl = `postgresql://postgres:test@127.0.0.1:${container.getMappedPort(5432)}/postgres`;
  return { container, databaseUrl };
}

/** Starts both; the caller stops them, and testcontainers' reaper does when the caller is killed. */
async function startTestContainers(log) {
  log('starting containers for the tests (the first time their images are fetched)');
  const results = await Promise.allSettled([startKafka(), startPostgres()]);
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async () => {
    await Promise.all(started.map(({ container }) => container.stop()));
  };
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) {
    await stop();
    throw failure.reason;
  }
  const [kafka, postgres] = started;
  return { kind: 'containers', brokers: kafka.brokers, databaseUrl: postgres.databaseUrl, stop };
}

module.exports = { startTestContainers };
