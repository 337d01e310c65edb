import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { TASK_DEAD_LETTERS_TOPIC } from '#libs/contracts';
import { KafkaLetterTopic } from '#libs/operations';
import { DeadLetterResultStore } from '#libs/persistence';
import { type AvailableSettings } from '#libs/settings';
import { openKafka, withOperatorDatabase } from '../connections';
import { TopicPartitions } from '../events/topic.partitions';
import { cliSettings } from '../settings';

/** What a command about dead letters works with. */
export interface OpenLetters {
  settings: AvailableSettings;
  kafka: Kafka;
  /** Connected as the operator's role. */
  db: DataSource;
  results: DeadLetterResultStore;
  /** Runs `work` with the topic as it then is. */
  reading<T>(work: (topic: KafkaLetterTopic) => Promise<T>): Promise<T>;
}

/** Opens broker and database for a command about dead letters. */
export async function withLetters<T>(work: (open: OpenLetters) => Promise<T>): Promise<T> {
  const settings = cliSettings();
  const { topicPrefix } = settings;
  const kafka = await openKafka(settings);
  await new TopicPartitions(kafka, topicPrefix).of(TASK_DEAD_LETTERS_TOPIC);
  return withOperatorDatabase(settings, (db) =>
    work({
      settings,
      kafka,
      db,
      results: new DeadLetterResultStore(db),
      reading: (read) => KafkaLetterTopic.with(kafka, topicPrefix, read),
    }),
  );
}
