import { type LoggerService } from '@nestjs/common';
import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { shardOf } from '#libs/domain';
import { createIntake } from '#libs/intake';
import { KafkaDeadLetters } from '#libs/messaging';
import { DeploymentStore, PostgresShardStore, PostgresStandingStore } from '#libs/persistence';
import { KeyedQueue, type ProcessingPorts, type StandingStore, TenantDirectory } from '#libs/processing';

export type OperationPorts = ProcessingPorts & { standing: StandingStore };

export interface ProcessingParts {
  kafka: Kafka;
  topicPrefix: string;
  /** Connected as the application's role. */
  db: DataSource;
  logger: LoggerService;
}

/**
 * Runs `work` with what it takes to apply events as a worker does: same role, same transactions with the same limits, same shard
 * lock. Workers relay what it appends to the logs.
 */
export async function withProcessingOn<T>(
  { kafka, topicPrefix, db, logger }: ProcessingParts,
  work: (ports: OperationPorts) => Promise<T>,
): Promise<T> {
  const deadLetters = new KafkaDeadLetters(kafka, { topicPrefix }, logger);
  const { shards } = await new DeploymentStore(db).load();
  try {
    return await work({
      intake: createIntake(),
      store: new PostgresShardStore(db),
      standing: new PostgresStandingStore(db),
      deadLetters,
      directory: new TenantDirectory(),
      queue: new KeyedQueue<number>(),
      shardOf: (conversationId: string) => shardOf(conversationId, shards),
      now: () => new Date().toISOString(),
    });
  } finally {
    await deadLetters.disconnect();
  }
}
