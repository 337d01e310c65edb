import { randomUUID } from 'node:crypto';
import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { WORKFORCE_TOPIC } from '#libs/contracts';
import { toStructured, workforceKey } from '#libs/intake';
import { endOffsets, EventProducer } from '#libs/messaging';
import { InputPositionStore } from '#libs/persistence';
import { CliError } from '../cli.error';
import { TopicPartitions } from '../events/topic.partitions';
import { pause } from '../pause';
import { type WorkforceItem } from './workforce.file';

export { checkWorkforce, type WorkforceItem } from './workforce.file';

const LOOK_AGAIN_MS = 100;

/**
 * Publishes people, teams, calendars and policies.
 *
 * @returns the offset the workforce topic then ended at: they are in force once a worker has read it to there.
 */
export async function publishWorkforce(
  kafka: Kafka,
  topicPrefix: string,
  tenantId: string,
  items: readonly WorkforceItem[],
  now: Date = new Date(),
): Promise<bigint> {
  await new TopicPartitions(kafka, topicPrefix).of(WORKFORCE_TOPIC);
  const producer = new EventProducer(kafka, { topicPrefix });
  await producer.connect();
  try {
    await producer.publish(items.map((item) => recordOf(tenantId, item, now)));
  } finally {
    await producer.disconnect();
  }
  const [partition] = await endOffsets(kafka, topicPrefix, WORKFORCE_TOPIC);
  return partition!.end;
}

/**
 * Waits until a worker has applied the workforce topic up to an offset.
 *
 * @throws CliError when none does within `withinMs`.
 */
export async function workforceApplied(db: DataSource, offset: bigint, withinMs: number): Promise<void> {
  const positions = new InputPositionStore(db);
  for (const deadline = Date.now() + withinMs; ; await pause(LOOK_AGAIN_MS)) {
    const position = await positions.load(WORKFORCE_TOPIC, 0);
    if (position && BigInt(position.nextOffset) >= offset) return;
    if (Date.now() < deadline) continue;
    throw new CliError(
      `published, but no worker applied it within ${withinMs / 1_000} s`,
      "Start one ('npm run start:worker', or 'npm start' for everything); what was published is not lost, and --no-wait does not wait",
    );
  }
}

function recordOf(tenantId: string, { kind, type, data }: WorkforceItem, now: Date) {
  const key = workforceKey({ tenantId, kind, id: data.id });
  const event = {
    id: randomUUID(),
    source: '/cli',
    type,
    subject: data.id,
    time: now.toISOString(),
    tenantid: tenantId,
  };
  return { topic: WORKFORCE_TOPIC, key, ...toStructured({ ...event, data }) };
}
