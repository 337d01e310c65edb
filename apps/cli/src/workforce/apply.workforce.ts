import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { WORKFORCE_TOPIC } from '#libs/contracts';
import { InputPositionStore } from '#libs/persistence';
import { OversizedItem, publishWorkforce, workforceApplied, type WorkforceItem } from '#libs/workforce';
import { CliError } from '../cli.error';
import { TopicPartitions } from '../events/topic.partitions';

export { checkWorkforce } from './workforce.file';

/**
 * Publishes people, teams, calendars and policies.
 *
 * @returns the offset the workforce topic then ended at: they are in force once a worker has read it to there.
 * @throws CliError when there is no such topic, or an item is too large for it.
 */
export async function publishFromHere(
  kafka: Kafka,
  topicPrefix: string,
  tenantId: string,
  items: readonly WorkforceItem[],
): Promise<bigint> {
  await new TopicPartitions(kafka, topicPrefix).of(WORKFORCE_TOPIC);
  try {
    return await publishWorkforce({ kafka, topicPrefix, source: '/cli' }, tenantId, items);
  } catch (error) {
    throw error instanceof OversizedItem ? new CliError(`nothing was published: ${error.message}`) : error;
  }
}

/** @throws CliError when no worker has applied the workforce topic up to an offset within `withinMs`. */
export async function mustBeApplied(db: DataSource, offset: bigint, withinMs: number): Promise<void> {
  if (await workforceApplied(new InputPositionStore(db), offset, withinMs)) return;
  throw new CliError(
    `published, but no worker applied it within ${withinMs / 1_000} s`,
    "Start one ('npm run start:worker', or 'npm start' for everything); what was published is not lost, and --no-wait does not wait",
  );
}
