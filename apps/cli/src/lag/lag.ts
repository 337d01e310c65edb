import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { endOffsets, groupOffsets } from '#libs/messaging';
import { type LagReport, readLag } from '#libs/observability';
import { DeploymentStore, InputPositionStore, PostgresLogSource } from '#libs/persistence';

/** What is still to be read, and still to be published, as broker and database have it. */
export async function lagOf(
  kafka: Kafka,
  db: DataSource,
  { topicPrefix, groupId }: { topicPrefix: string; groupId: string },
): Promise<LagReport> {
  const { shards } = await new DeploymentStore(db).load();
  const sources = {
    positions: new InputPositionStore(db),
    logs: new PostgresLogSource(db),
    shards,
    endOffsets: (topic: string) => endOffsets(kafka, topicPrefix, topic),
    groupOffsets: (group: string, topic: string) => groupOffsets(kafka, topicPrefix, group, topic),
  };
  return readLag(sources, groupId);
}
