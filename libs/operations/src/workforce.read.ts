import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { WORKFORCE_TOPIC } from '#libs/contracts';
import { offsetToReach } from '#libs/messaging';
import { InputPositionStore } from '#libs/persistence';
import { workforceApplied } from '#libs/workforce';

/** Workers have yet to read some of the workforce, as after a database was restored. */
export class WorkforceUnread extends Error {
  override readonly name = 'WorkforceUnread';
}

/** A change that was just said is read in less. */
const WITHIN_MS = 5_000;

/**
 * What a worker waits for before its first conversation event: an event must find the people it names, or it is refused for good.
 *
 * @throws WorkforceUnread when that is not so for five seconds.
 */
export async function mustKnowTheWorkforce(kafka: Kafka, topicPrefix: string, db: DataSource): Promise<void> {
  const end = await offsetToReach(kafka, topicPrefix, WORKFORCE_TOPIC);
  const positions = new InputPositionStore(db);
  if (await workforceApplied(positions, end, WITHIN_MS)) return;
  const read = (await positions.load(WORKFORCE_TOPIC, 0))?.nextOffset ?? 0;
  throw new WorkforceUnread(
    `workers have read ${WORKFORCE_TOPIC} to offset ${read} of ${end}: commands could be refused for good for naming people nobody knows yet`,
  );
}
