import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { type OperationPorts, withProcessingOn } from '#libs/operations';
import { checkDatabase, createDataSource } from '#libs/persistence';
import { type AvailableSettings } from '#libs/settings';
import { note } from '../output';
import { databaseUrlOf } from '../settings';

/** Connections to PostgreSQL: a shard's transaction takes one, and commands apply one shard after another. */
const POOL = 2;

/** What Kafka's client has to say. */
export const logger = { log: note, warn: note, error: note };

/**
 * Runs `work` with what it takes to apply events as a worker does.
 *
 * @param work also gets the connection, which is of the application's role.
 *
 * @throws UnfitDatabase when the database is not as the application needs it.
 */
export function withProcessing<T>(
  settings: AvailableSettings,
  kafka: Kafka,
  work: (ports: OperationPorts, db: DataSource) => Promise<T>,
): Promise<T> {
  const { topicPrefix } = settings;
  return withApplication(settings, (db) =>
    withProcessingOn({ kafka, topicPrefix, db, logger }, (ports) => work(ports, db)),
  );
}

/** Runs `work` with a connection that applies events, of the application's role. @throws UnfitDatabase */
export async function withApplication<T>(
  settings: AvailableSettings,
  work: (db: DataSource) => Promise<T>,
): Promise<T> {
  const db = createDataSource({
    url: databaseUrlOf(settings),
    poolSize: POOL,
    applicationName: 'conversation-tasks-cli',
  });
  await db.initialize();
  try {
    await checkDatabase(db);
    return await work(db);
  } finally {
    await db.destroy();
  }
}
