import { type Kafka } from 'kafkajs';
import { WORKFORCE_GROUP_SUFFIX } from '#libs/contracts';
import { groupMembers } from '#libs/messaging';
import { CliError } from '../cli.error';

/** @throws CliError while workers run: they hold in memory, and store again, what would be taken from under them. */
export async function mustBeStopped(kafka: Kafka, groupId: string): Promise<void> {
  for (const group of [groupId, `${groupId}${WORKFORCE_GROUP_SUFFIX}`]) {
    const members = await groupMembers(kafka, group);
    if (members === 0) continue;
    throw new CliError(
      `${members} workers are members of the group ${group}`,
      'Stop all workers first; one that was killed counts until its session has timed out (KAFKA_SESSION_TIMEOUT_MS)',
    );
  }
}
