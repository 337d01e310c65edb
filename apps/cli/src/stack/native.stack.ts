import { join } from 'node:path';
import { startNativeKafka, startNativePostgres } from '#libs/stack';
import { ensureDatabase, localUrl } from './database';
import { APPLICATION_ROLE, DATABASE, type RunningStack } from './running-stack';
import { choosePorts, dataFolder, shownPath, stackPasswords } from './stack-file';

/**
 * Kafka and PostgreSQL as processes of this one, on 127.0.0.1, with their data in .data/.
 * @throws StackError when Java, Maven or a port is missing
 */
export async function nativeStack(log: (line: string) => void): Promise<RunningStack> {
  const ports = choosePorts();
  const passwords = stackPasswords();
  const dataDir = dataFolder();
  const [postgres, kafka] = await Promise.all([
    startNativePostgres({ dataDir: join(dataDir, 'postgres'), port: ports.postgres, log }),
    startNativeKafka({ dataDir: join(dataDir, 'kafka'), port: ports.kafka, log }),
  ]);
  await ensureDatabase(postgres.url, DATABASE);
  return {
    kind: 'native',
    description: 'Apache Kafka and PostgreSQL as processes of this machine',
    environment: {
      KAFKA_BROKERS: kafka.brokers,
      DATABASE_URL: localUrl(APPLICATION_ROLE, passwords.application, ports.postgres, DATABASE),
      MIGRATE_DATABASE_URL: postgres.url.replace(/[^/]*$/, DATABASE),
    },
    data: `${shownPath('kafka')} and ${shownPath('postgres')}`,
    failed: Promise.race([kafka.exited, postgres.exited]),
    async stop() {
      await Promise.all([kafka.stop(), postgres.stop()]);
    },
  };
}
