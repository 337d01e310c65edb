// The stack the tests run on: servers of your own when KAFKA_BROKERS and MIGRATE_DATABASE_URL (or DATABASE_URL) are
// set, else containers where an engine answers, else native processes. Its data is thrown away afterwards.
require('./register.cjs');
const { spawnSync } = require('node:child_process');
const { mkdtempSync, readdirSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/** Both servers as containers, with the images of docker-compose.yml. */
async function startContainers(log) {
  const { startTestContainers } = require('./test-containers.cjs');
  return startTestContainers(log);
}

const PREFIX = 'conversation-tasks-test-';

/** Removes data of test runs that were killed and could not do it themselves. The folder's name has the run's pid. */
function removeAbandonedData() {
  const { findProcess } = require('../../libs/stack/src/index.ts');
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(PREFIX) && /^(\d+)-/.exec(name.slice(PREFIX.length))?.[1];
    if (pid && !findProcess(Number(pid))) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** Both servers as processes of this one: they end with it, also when it is killed. */
async function startNative(log, sharedBuffers) {
  const { startNativeKafka, startNativePostgres } = require('../../libs/stack/src/index.ts');
  removeAbandonedData();
  const dataDir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const remove = () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  const results = await Promise.allSettled([
    startNativeKafka({ dataDir: join(dataDir, 'kafka'), log }),
    startNativePostgres({ dataDir: join(dataDir, 'postgres'), sharedBuffers, log }),
  ]);
  const servers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    remove();
  };
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) {
    await stop();
    throw failure.reason;
  }
  const [kafka, postgres] = servers;
  return { kind: 'native', brokers: kafka.brokers, databaseUrl: postgres.url, stop };
}

/**
 * Starts the stack and resolves to {kind, brokers, databaseUrl, stop}. `log` gets progress lines.
 * CT_TEST_STACK=native|containers overrides the choice between those two. `sharedBuffers`, PostgreSQL's, is for native servers.
 */
async function startTestStack(log, { sharedBuffers } = {}) {
  const brokers = process.env.KAFKA_BROKERS;
  const databaseUrl = process.env.MIGRATE_DATABASE_URL || process.env.DATABASE_URL;
  if (brokers && databaseUrl) return { kind: 'external', brokers, databaseUrl, stop: async () => undefined };
  const wanted = process.env.CT_TEST_STACK;
  const engine = wanted
    ? wanted === 'containers'
    : spawnSync('docker', ['info'], { timeout: 10_000 }).status === 0;
  return engine ? startContainers(log) : startNative(log, sharedBuffers);
}

module.exports = { startTestStack };
