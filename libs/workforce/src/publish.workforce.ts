import { randomUUID } from 'node:crypto';
import { type Kafka } from 'kafkajs';
import { LIMITS, WORKFORCE_TOPIC, type WorkforceEventType } from '#libs/contracts';
import { toBinary, type WorkforceKey, workforceKey } from '#libs/intake';
import { endOffsets, EventProducer } from '#libs/messaging';

/** One agent, team, calendar or policy, checked. */
export interface WorkforceItem {
  kind: WorkforceKey['kind'];
  type: WorkforceEventType;
  data: { id: string } & Record<string, unknown>;
}

/** An item that is larger as a message than workers read: published, it would be dead-lettered and never be in force. */
export class OversizedItem extends Error {
  override readonly name = 'OversizedItem';

  constructor({ kind, data }: WorkforceItem, bytes: number) {
    super(
      `${kind} ${JSON.stringify(data.id)} has ${bytes} bytes as a message, and may have ${LIMITS.messageBytes}`,
    );
  }
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
 * @throws OversizedItem, and nothing is published; kafkajs' error when the broker is away or has no such topic.
 */
export async function publishWorkforce(
  { kafka, topicPrefix, source, now = new Date() }: WorkforcePublishing,
  tenantId: string,
  items: readonly WorkforceItem[],
): Promise<bigint> {
  const records = items.map((item) => recordOf(tenantId, item, source, now));
  const producer = new EventProducer(kafka, { topicPrefix });
  await producer.connect();
  try {
    await producer.publish(records);
  } finally {
    await producer.disconnect();
  }
  const [partition] = await endOffsets(kafka, topicPrefix, WORKFORCE_TOPIC);
  return partition!.end;
}

function recordOf(tenantId: string, item: WorkforceItem, source: string, now: Date) {
  const { kind, type, data } = item;
  const key = workforceKey({ tenantId, kind, id: data.id });
  const event = {
    id: randomUUID(),
    source,
    type,
    subject: data.id,
    time: now.toISOString(),
    tenantid: tenantId,
  };
  const { headers, value } = toBinary({ ...event, data });
  if (value.length > LIMITS.messageBytes) throw new OversizedItem(item, value.length);
  return { topic: WORKFORCE_TOPIC, key, headers, value };
}
