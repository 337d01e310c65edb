import { setTimeout as sleep } from 'node:timers/promises';
import { pingKafka, pingPostgres, StackError } from '#libs/stack';
import { type RunningStack } from './running-stack';

/** How long servers of somebody else may take until they answer, milliseconds: they may have been started beside us. */
const PATIENCE_MS = 60_000;

/** Asks until the answer comes; gives up naming the setting, never its value, which holds a password. */
async function waitFor(
  setting: string,
  ping: () => Promise<void>,
  log: (line: string) => void,
): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (let attempt = 0; ; attempt++) {
    try {
      return await ping();
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof StackError) throw error;
      if (Date.now() > end) {
        throw new StackError(
          `${setting} does not answer: ${message}`,
          'see that the server runs and the setting is right',
          {
            cause: error,
          },
        );
      }
      if (attempt === 0) log(`waiting for ${setting}: ${message}`);
    }
    await sleep(1_000);
  }
}

/** The servers named by KAFKA_BROKERS and DATABASE_URL; nothing is started or stopped. */
export async function externalStack(
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<RunningStack> {
  const { KAFKA_BROKERS, DATABASE_URL, MIGRATE_DATABASE_URL } = env;
  if (!KAFKA_BROKERS || !DATABASE_URL) {
    const [set, missing] = KAFKA_BROKERS
      ? ['KAFKA_BROKERS', 'DATABASE_URL']
      : ['DATABASE_URL', 'KAFKA_BROKERS'];
    throw new StackError(
      `${set} is set and ${missing} is not`,
      'set both to use servers of your own, or none to have them started',
    );
  }
  if (!MIGRATE_DATABASE_URL) {
    throw new StackError(
      'MIGRATE_DATABASE_URL is not set',
      "set it to DATABASE_URL's database as its owner: migrate makes tables and the application's role",
    );
  }
  await waitFor(
    'KAFKA_BROKERS',
    () => pingKafka(KAFKA_BROKERS.split(',').map((broker) => broker.trim())),
    log,
  );
  // As the owner: the application's role may not exist before migrate.
  await waitFor('MIGRATE_DATABASE_URL', () => pingPostgres(MIGRATE_DATABASE_URL), log);
  return {
    kind: 'external',
    description: 'your own servers (KAFKA_BROKERS, DATABASE_URL)',
    environment: { KAFKA_BROKERS, DATABASE_URL, MIGRATE_DATABASE_URL },
    data: 'where those servers keep it',
    failed: new Promise(() => undefined),
    stop: () => Promise.resolve(),
  };
}
