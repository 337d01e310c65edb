import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { WORKFORCE_TOPIC } from '#libs/contracts';
import { offsetToReach } from '#libs/messaging';
import { InputPositionStore } from '#libs/persistence';

/** Workers have yet to read some of the workforce, as after a database was restored. */
export class WorkforceUnread extends Error {
  override readonly name = 'WorkforceUnread';
}

/**
 * What a worker waits for before its first conversation event: an event must find the people it names, or it is refused for good.
 *
 * @throws WorkforceUnread
 */
export async function mustKnowTheWorkforce(kafka: Kafka, topicPrefix: string, db: DataSource): Promise<void> {
  const end = await offsetToReach(kafka, topicPrefix, WORKFORCE_TOPIC);
  const position = await new InputPositionStore(db).load(WORKFORCE_TOPIC, 0);
  const read = BigInt(position?.nextOffset ?? 0);
  if (read >= end) return;
  throw new WorkforceUnread(
    `workers have read ${WORKFORCE_TOPIC} to offset ${read} of ${end}: commands could be refused for good for naming people nobody knows yet`,
  );
}
