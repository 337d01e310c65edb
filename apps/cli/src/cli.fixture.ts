import { randomBytes } from 'node:crypto';
import { type Kafka } from 'kafkajs';
import { TOPICS } from '#libs/contracts';
import { createKafka, deleteTopics } from '#libs/messaging';

const nothing = (): void => undefined;

/** The broker that jest's global setup has started or was given. */
export function testBrokers(): string {
  const brokers = process.env.CT_TEST_KAFKA_BROKERS;
  if (!brokers) throw new Error('CT_TEST_KAFKA_BROKERS is not set: test/stack/global-setup.js sets it');
  return brokers;
}

/** A client that tries a few times and says nothing. */
export function testKafka(): Kafka {
  const silent = { log: nothing, warn: nothing, error: nothing, debug: nothing };
  return createKafka({ brokers: testBrokers().split(','), clientId: 'cli-test' }, silent);
}

/** Keeps the topics of suites that share a broker apart. */
export function uniquePrefix(): string {
  return `t${randomBytes(5).toString('hex')}.`;
}

/** Removes every topic of a prefix. */
export function dropTopics(kafka: Kafka, prefix: string): Promise<void> {
  return deleteTopics(
    kafka,
    prefix,
    TOPICS.map(({ name }) => name),
  );
}
