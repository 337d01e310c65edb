// The parent that stack.int.spec.ts kills: starts both servers and says so. argv: data folder, Kafka port, PG port.
require('../../../test/stack/register.cjs');
const { join } = require('node:path');
const { startNativeKafka, startNativePostgres } = require('./index.ts');

const [dataDir, kafkaPort, postgresPort] = process.argv.slice(2);
Promise.all([
  startNativeKafka({ dataDir: join(dataDir, 'kafka'), port: Number(kafkaPort) }),
  startNativePostgres({ dataDir: join(dataDir, 'postgres'), port: Number(postgresPort) }),
]).then(
  ([kafka, postgres]) =>
    process.stdout.write(
      JSON.stringify({ brokers: kafka.brokers, url: postgres.url, pids: [kafka.pid, postgres.pid] }) + '\n',
    ),
  (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
