import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { createIntake } from '#libs/intake';
import { shardOf } from '#libs/domain';
import { KafkaDeadLetters } from '#libs/messaging';
import {
  checkDatabase,
  createDataSource,
  DeploymentStore,
  PostgresShardStore,
  PostgresStandingStore,
} from '#libs/persistence';
import { KeyedQueue, type ProcessingPorts, type StandingStore, TenantDirectory } from '#libs/processing';
import { type AvailableSettings } from '#libs/settings';
import { note } from '../output';
import { databaseUrlOf } from '../settings';

/** Connections to PostgreSQL: a shard's transaction takes one, and commands apply one shard after another. */
const POOL = 2;

const logger = { log: note, warn: note, error: note };

export type CommandPorts = ProcessingPorts & { standing: StandingStore };

/**
 * Runs `work` with what it takes to apply events as a worker does: same role, same transactions with the same limits, same shard
 * lock. Workers relay what it appends to the logs.
 *
 * @param work also gets the connection, which is of the application's role.
 *
 * @throws UnfitDatabase when the database is not as the application needs it.
 */
export async function withProcessing<T>(
  settings: AvailableSettings,
  kafka: Kafka,
  work: (ports: CommandPorts, db: DataSource) => Promise<T>,
): Promise<T> {
  const db = createDataSource({
    url: databaseUrlOf(settings),
    poolSize: POOL,
    applicationName: 'conversation-tasks-cli',
  });
  const deadLetters = new KafkaDeadLetters(kafka, { topicPrefix: settings.topicPrefix }, logger);
  await db.initialize();
  try {
    await checkDatabase(db);
    const { shards } = await new DeploymentStore(db).load();
    const ports = {
      intake: createIntake(),
      store: new PostgresShardStore(db),
      standing: new PostgresStandingStore(db),
      deadLetters,
      directory: new TenantDirectory(),
      queue: new KeyedQueue<number>(),
      shardOf: (conversationId: string) => shardOf(conversationId, shards),
      now: () => new Date().toISOString(),
    };
    return await work(ports, db);
  } finally {
    await deadLetters.disconnect();
    await db.destroy();
  }
}
