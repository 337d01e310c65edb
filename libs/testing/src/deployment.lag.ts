import { type Admin } from 'kafkajs';
import { type DataSource } from 'typeorm';
import {
  CONVERSATION_TOPICS,
  TASK_ACTIVITY_TOPIC,
  TASK_REJECTIONS_TOPIC,
  WORKFORCE_GROUP_SUFFIX,
  WORKFORCE_TOPIC,
} from '#libs/contracts';
import { endOffsetsOf } from './topic.reader';

/** What a deployment has still to do. */
export interface DeploymentLag {
  /** Records of input partitions whose offset no group has committed, by topic without prefix and partition. */
  unread: Record<string, number>;
  /** Entries of a log that its topic does not have, by topic and partition. */
  unpublished: Record<string, number>;
}

export interface LagSource {
  admin: Admin;
  /** Connected as a role that reads shard heads. */
  db: DataSource;
  topicPrefix: string;
  groupId: string;
}

/**
 * Looks at what is unread first and at the logs afterwards: with nobody publishing meanwhile, an answer that is empty means that
 * everything was applied and is in the topics.
 */
export async function lagOf({ admin, db, topicPrefix, groupId }: LagSource): Promise<DeploymentLag> {
  const unread: DeploymentLag['unread'] = {};
  const unpublished: DeploymentLag['unpublished'] = {};
  for (const [topics, group] of [
    [[WORKFORCE_TOPIC], `${groupId}${WORKFORCE_GROUP_SUFFIX}`],
    [Object.values(CONVERSATION_TOPICS), groupId],
  ] as const) {
    const full = topics.map((topic) => topicPrefix + topic);
    const committed = await admin.fetchOffsets({ groupId: group, topics: full });
    for (const [index, topic] of topics.entries()) {
      const own = committed.find((each) => each.topic === full[index])?.partitions ?? [];
      const ends = await endOffsetsOf(admin, full[index]!);
      ends.forEach((end, partition) => {
        const offset = Number(own.find((each) => each.partition === partition)?.offset ?? -1);
        if (end > Math.max(offset, 0)) unread[`${topic}/${partition}`] = end - Math.max(offset, 0);
      });
    }
  }
  const heads = await db.query<{ shard: number; activity_position: string; rejection_position: string }[]>(
    `select shard, activity_position, rejection_position from shard_head`,
  );
  for (const [topic, column] of [
    [TASK_ACTIVITY_TOPIC, 'activity_position'],
    [TASK_REJECTIONS_TOPIC, 'rejection_position'],
  ] as const) {
    const ends = await endOffsetsOf(admin, topicPrefix + topic);
    for (const head of heads) {
      const behind = Number(head[column]) - (ends[head.shard] ?? 0);
      if (behind !== 0) unpublished[`${topic}/${head.shard}`] = behind;
    }
  }
  return { unread, unpublished };
}

export function isDrained({ unread, unpublished }: DeploymentLag): boolean {
  return Object.keys(unread).length === 0 && Object.keys(unpublished).length === 0;
}
