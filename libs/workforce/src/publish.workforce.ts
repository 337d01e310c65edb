import { randomUUID } from 'node:crypto';
import { type Kafka } from 'kafkajs';
import { WORKFORCE_TOPIC, type WorkforceEventType } from '#libs/contracts';
import { toStructured, type WorkforceKey, workforceKey } from '#libs/intake';
import { endOffsets, EventProducer } from '#libs/messaging';

/** One agent, team, calendar or policy, checked. */
export interface WorkforceItem {
  kind: WorkforceKey['kind'];
  type: WorkforceEventType;
  data: { id: string } & Record<string, unknown>;
}

export interface WorkforcePublishing {
  kafka: Kafka;
  topicPrefix: string;
  /** The events' `source`. */
  source: string;
  now?: Date;
}

/**
 * Publishes people, teams, calendars and policies to the topic, which is the truth of them.
 *
 * @returns the offset the topic then ended at: they are in force once a worker has read it to there.
 * @throws kafkajs' error when the broker is away or has no such topic.
 */
export async function publishWorkforce(
  { kafka, topicPrefix, source, now = new Date() }: WorkforcePublishing,
  tenantId: string,
  items: readonly WorkforceItem[],
): Promise<bigint> {
  const producer = new EventProducer(kafka, { topicPrefix });
  await producer.connect();
  try {
    await producer.publish(items.map((item) => recordOf(tenantId, item, source, now)));
  } finally {
    await producer.disconnect();
  }
  const [partition] = await endOffsets(kafka, topicPrefix, WORKFORCE_TOPIC);
  return partition!.end;
}

function recordOf(tenantId: string, { kind, type, data }: WorkforceItem, source: string, now: Date) {
  const key = workforceKey({ tenantId, kind, id: data.id });
  const event = {
    id: randomUUID(),
    source,
    type,
    subject: data.id,
    time: now.toISOString(),
    tenantid: tenantId,
  };
  return { topic: WORKFORCE_TOPIC, key, ...toStructured({ ...event, data }) };
}
