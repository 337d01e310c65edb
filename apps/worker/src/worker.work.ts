import { TASK_ACTIVITY_TOPIC, TASK_REJECTIONS_TOPIC } from '#libs/contracts';
import { type GroupProgress, type PartitionOffsets } from '#libs/messaging';
import { type Work } from '#libs/observability';
import { type LogHeads, type LogName } from '#libs/relay';
import { type Published } from './log.publisher';

/** What a worker has to do, as everybody who knows has last said. */
export interface WorkerView {
  groups: GroupProgress[];
  published: Published[];
  /** Offsets of the input topics, by topic. */
  inputs: ReadonlyMap<string, PartitionOffsets[]>;
  heads: LogHeads;
}

const TOPIC_OF: Record<LogName, string> = { activity: TASK_ACTIVITY_TOPIC, rejection: TASK_REJECTIONS_TOPIC };

/** All that a worker has to get on with: groups to join, partitions to read, logs to publish. */
export function workOf({ groups, published, inputs, heads }: WorkerView): Work[] {
  return [
    ...groups.filter(({ isStarted }) => isStarted).map(joining),
    ...groups.flatMap(({ partitions }) => partitions.map((partition) => reading(partition, inputs))),
    ...published.map((log) => publishing(log, heads)),
  ];
}

/** The broker answers for the group's coordinator; so what is not a member for long has lost its way. */
function joining({ groupId, isJoined }: GroupProgress): Work {
  return { name: `joining ${groupId}`, isWaiting: !isJoined, isInHand: false, mark: '' };
}

function reading(
  { topic, partition, nextOffset, isInHand, steps }: GroupProgress['partitions'][number],
  inputs: WorkerView['inputs'],
): Work {
  const offsets = inputs.get(topic)?.find((each) => each.partition === partition);
  const { earliest, end } = offsets ?? { earliest: 0n, end: 0n };
  return {
    name: `${topic}/${partition}`,
    // What was deleted unread is nothing to wait for.
    isWaiting: end > earliest && (nextOffset === null || nextOffset < end),
    isInHand,
    mark: `${nextOffset}:${steps}`,
  };
}

function publishing({ log, shard, position }: Published, heads: LogHeads): Work {
  return {
    name: `${TOPIC_OF[log]}/${shard}`,
    isWaiting: (heads[log].get(shard) ?? 0) > (position ?? 0),
    isInHand: true,
    mark: String(position),
  };
}
