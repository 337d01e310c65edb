import { type Kafka } from 'kafkajs';
import { mustKnowTheWorkforce as mustKnow, WorkforceUnread } from '#libs/operations';
import { type AvailableSettings } from '#libs/settings';
import { CliError } from '../cli.error';
import { withDatabase } from '../connections';

/** @throws CliError while workers have yet to read some of the workforce. */
export async function mustKnowTheWorkforce(settings: AvailableSettings, kafka: Kafka): Promise<void> {
  try {
    await withDatabase(settings, (db) => mustKnow(kafka, settings.topicPrefix, db));
  } catch (error) {
    if (!(error instanceof WorkforceUnread)) throw error;
    const remedy = 'Start a worker and wait until it has read it (npm run cli -- lag)';
    throw new CliError(error.message, remedy);
  }
}
