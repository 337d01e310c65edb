import { connect } from 'node:net';
import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { createKafka } from '#libs/messaging';
import { createDataSource, operatorRoleOf } from '#libs/persistence';
import { type AvailableSettings } from '#libs/settings';
import { CliError } from './cli.error';
import { brokersOf, databaseUrlOf } from './settings';
import { note } from './output';

const PROBE_MS = 3_000;
const nothing = (): void => undefined;

/**
 * A Kafka client, after one of the brokers was seen to listen: kafkajs alone would try for a quarter of a minute before it
 * says that nobody is there.
 *
 * @throws CliError when none listens.
 */
export async function openKafka(settings: AvailableSettings): Promise<Kafka> {
  const brokers = brokersOf(settings);
  const answers = await Promise.all(brokers.map(listens));
  if (!answers.includes(true)) {
    throw new CliError('no Kafka broker answers', 'Is one running where KAFKA_BROKERS, or the stack, says?');
  }
  const loud = settings.logLevel === 'debug' || settings.logLevel === 'trace';
  const log = loud ? note : nothing;
  return createKafka(
    { brokers, clientId: 'conversation-tasks-cli' },
    { log, warn: log, error: log, debug: log },
  );
}

/** Runs `work` with a connection as the application's role. */
export function withDatabase<T>(
  settings: AvailableSettings,
  work: (db: DataSource) => Promise<T>,
): Promise<T> {
  return withDataSource({ url: databaseUrlOf(settings) }, work);
}

/** Runs `work` with a connection as the operator's role, which reads every tenant. */
export function withOperatorDatabase<T>(
  settings: AvailableSettings,
  work: (db: DataSource) => Promise<T>,
): Promise<T> {
  const url = databaseUrlOf(settings);
  return withDataSource({ url, role: operatorRoleOf(roleOf(url).name) }, work);
}

/** Runs `work` with a connection of a few clients, closed afterwards whatever happens. */
export async function withDataSource<T>(
  { url, role }: { url: string; role?: string },
  work: (db: DataSource) => Promise<T>,
): Promise<T> {
  const db = createDataSource({
    url,
    role,
    poolSize: 3,
    applicationName: 'conversation-tasks-cli',
    unhurried: true,
  });
  await db.initialize();
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

/** The role and password a database's URL names. */
export function roleOf(url: string): { name: string; password: string } {
  const { username, password } = new URL(url);
  return { name: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/** The database a URL names. */
export function databaseNameOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1));
}

function listens(broker: string): Promise<boolean> {
  const colon = broker.lastIndexOf(':');
  const host = broker.slice(0, colon).replaceAll(/[[\]]/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(broker.slice(colon + 1)), timeout: PROBE_MS });
    const answer = (is: boolean) => () => {
      socket.destroy();
      resolve(is);
    };
    socket.on('connect', answer(true)).on('error', answer(false)).on('timeout', answer(false));
  });
}
