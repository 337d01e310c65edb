import { randomUUID } from 'node:crypto';
import { type Consumer, type Kafka } from 'kafkajs';
import { whileSettling } from './while-settling';

/** How long an idle fetch waits at the broker, milliseconds. */
const MAX_WAIT_MS = 50;

/**
 * Runs `work` with a consumer whose group nobody else knows, and which is gone afterwards: it commits nothing and leaves no
 * trace at the broker. (kafkajs cannot read partitions without a group.)
 */
export async function withEphemeralConsumer<T>(
  kafka: Kafka,
  work: (consumer: Consumer) => Promise<T>,
): Promise<T> {
  const groupId = `conversation-tasks-reader-${randomUUID()}`;
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: MAX_WAIT_MS,
    allowAutoTopicCreation: false,
    sessionTimeout: 30_000,
    heartbeatInterval: 1_000,
  });
  await coordinatorIsReady(kafka, groupId);
  await consumer.connect();
  try {
    return await work(consumer);
  } finally {
    await consumer.disconnect();
    await forgetGroup(kafka, groupId);
  }
}

/**
 * A broker that has just started, or has never had a group, loads or makes what groups need first; kafkajs would give up on
 * joining at once.
 */
async function coordinatorIsReady(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await whileSettling(() => admin.describeGroups([groupId]));
  } finally {
    await admin.disconnect();
  }
}

/** The broker would drop an empty group itself, after a week. */
async function forgetGroup(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  } catch {
    // It never joined, or the broker has gone: nothing was committed either way.
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
