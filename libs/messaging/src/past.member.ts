import { type Kafka } from 'kafkajs';
import { connect } from './fenced-log/kafkajs.cluster';

/**
 * Has a member leave its group that a consumer of this process was before it crashed. kafkajs leaves for a consumer that is told
 * to stop, not for one that has crashed; and the one that follows it is another member, which the group lets in only when the
 * first one's session has run out: after a broker's return everything stood still for 30 s and more.
 *
 * @throws when the coordinator could not be asked. A group that does not know the member is left already.
 */
export async function leaveAs(kafka: Kafka, groupId: string, memberId: string): Promise<void> {
  const cluster = await connect(kafka);
  try {
    const coordinator = await cluster.findGroupCoordinator({ groupId });
    await coordinator.leaveGroup({ groupId, memberId });
  } catch (error) {
    if ((error as { type?: string }).type !== 'UNKNOWN_MEMBER_ID') throw error;
  } finally {
    await cluster.disconnect().catch(() => undefined);
  }
}
