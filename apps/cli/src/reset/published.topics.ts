import { type Kafka } from 'kafkajs';
import { TASK_ACTIVITY_TOPIC, TASK_REJECTIONS_TOPIC } from '#libs/contracts';
import { deleteTopics, topicNames } from '#libs/messaging';
import { CliError } from '../cli.error';
import { ensureContractTopics } from '../migrate/topics';
import { pause } from '#libs/operations';
import { mustBeStopped } from './no.workers';

/** The topics that mirror the logs: all that is in them is in the database. */
export const PUBLISHED_TOPICS = [TASK_ACTIVITY_TOPIC, TASK_REJECTIONS_TOPIC];

const LOOK_AGAIN_MS = 200;
/** A broker that is asked to delete a topic does so in the background. */
const GONE_WITHIN_MS = 60_000;

export interface PublishedReset {
  kafka: Kafka;
  topicPrefix: string;
  groupId: string;
  /** How many partitions the topics have. */
  shards: number;
}

/**
 * Deletes the topics that mirror the logs and makes them anew, empty: a worker that starts then publishes both logs from position 1.
 * For a database that was restored from an older backup, or a topic that somebody else wrote to.
 *
 * @throws CliError while workers run: one that relays would publish to a topic that is being deleted.
 */
export async function resetPublished({ kafka, topicPrefix, groupId, shards }: PublishedReset): Promise<void> {
  await mustBeStopped(kafka, groupId);
  await deleteTopics(kafka, topicPrefix, PUBLISHED_TOPICS);
  await gone(
    kafka,
    PUBLISHED_TOPICS.map((topic) => topicPrefix + topic),
  );
  await ensureContractTopics(kafka, topicPrefix, shards);
}

async function gone(kafka: Kafka, topics: readonly string[]): Promise<void> {
  const deadline = Date.now() + GONE_WITHIN_MS;
  for (;;) {
    const there = await topicNames(kafka);
    if (!topics.some((topic) => there.has(topic))) return;
    if (Date.now() > deadline) {
      throw new CliError(
        `${topics.join(' and ')} are still there a minute after they were deleted`,
        "Once they are gone, run 'npm run cli -- migrate'",
      );
    }
    await pause(LOOK_AGAIN_MS);
  }
}
