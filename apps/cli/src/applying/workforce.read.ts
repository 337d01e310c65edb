import { type Kafka } from 'kafkajs';
import { WORKFORCE_TOPIC } from '#libs/contracts';
import { offsetToReach } from '#libs/messaging';
import { InputPositionStore } from '#libs/persistence';
import { type AvailableSettings } from '#libs/settings';
import { CliError } from '../cli.error';
import { withDatabase } from '../connections';

/**
 * What a worker waits for before its first conversation event: an event must find the people it names, or it is refused for good.
 *
 * @throws CliError while workers have yet to read some of the workforce, as after a database was restored.
 */
export async function mustKnowTheWorkforce(settings: AvailableSettings, kafka: Kafka): Promise<void> {
  const end = await offsetToReach(kafka, settings.topicPrefix, WORKFORCE_TOPIC);
  const position = await withDatabase(settings, (db) => new InputPositionStore(db).load(WORKFORCE_TOPIC, 0));
  const read = BigInt(position?.nextOffset ?? 0);
  if (read >= end) return;
  throw new CliError(
    `workers have read ${WORKFORCE_TOPIC} to offset ${read} of ${end}: commands could be refused for good for naming people nobody knows yet`,
    'Start a worker and wait until it has read it (npm run cli -- lag)',
  );
}
