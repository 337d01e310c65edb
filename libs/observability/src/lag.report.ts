import {
  CONVERSATION_TOPICS,
  TASK_ACTIVITY_TOPIC,
  TASK_REJECTIONS_TOPIC,
  WORKFORCE_GROUP_SUFFIX,
  WORKFORCE_TOPIC,
} from '#libs/contracts';
import { type InputPosition } from '#libs/processing';
import { type LogName, type LogSource } from '#libs/relay';

/** What is asked for a report; topics without the deployment's prefix, partitions in their order. */
export interface LagSources {
  positions: { all(): Promise<InputPosition[]> };
  logs: Pick<LogSource, 'heads'>;
  /** N. */
  shards: number;
  endOffsets(topic: string): Promise<{ partition: number; earliest: bigint; end: bigint }[]>;
  /** Null where the group has committed nothing. */
  groupOffsets(groupId: string, topic: string): Promise<{ partition: number; offset: bigint | null }[]>;
}

/** How far one input partition was read. Offsets are those of the next record. */
export interface PartitionLag {
  topic: string;
  partition: number;
  /** The group's; null when it has committed nothing. */
  committed: bigint | null;
  /** The database's; null when nothing was stored. */
  stored: bigint | null;
  end: bigint;
  /** Records not applied yet: those after the stored position. */
  lag: bigint;
}

/** How far one shard of a log was published. */
export interface ShardLag {
  topic: string;
  shard: number;
  /** The log's last position. */
  head: bigint;
  /** The topic's end, which is the last position published. */
  published: bigint;
  lag: bigint;
}

export interface LagReport {
  inputs: PartitionLag[];
  relay: ShardLag[];
  totals: { inputs: bigint; relay: bigint };
}

const LOGS: readonly [LogName, string][] = [
  ['activity', TASK_ACTIVITY_TOPIC],
  ['rejection', TASK_REJECTIONS_TOPIC],
];

/** What is still to be read, and still to be published. */
export async function readLag(sources: LagSources, groupId: string): Promise<LagReport> {
  const stored = new Map(
    (await sources.positions.all()).map(({ topic, partition, nextOffset }) => [
      `${topic}/${partition}`,
      BigInt(nextOffset),
    ]),
  );
  const groups = [
    ...Object.values(CONVERSATION_TOPICS).map((topic) => [topic, groupId] as const),
    [WORKFORCE_TOPIC, `${groupId}${WORKFORCE_GROUP_SUFFIX}`] as const,
  ];
  const inputs = await Promise.all(groups.map(([topic, group]) => inputLag(sources, topic, group, stored)));
  const relay = await Promise.all(LOGS.map(([log, topic]) => relayLag(sources, log, topic)));
  const totals = { inputs: sum(inputs.flat()), relay: sum(relay.flat()) };
  return { inputs: inputs.flat(), relay: relay.flat(), totals };
}

async function inputLag(
  sources: LagSources,
  topic: string,
  group: string,
  stored: ReadonlyMap<string, bigint>,
): Promise<PartitionLag[]> {
  const [ends, offsets] = await Promise.all([sources.endOffsets(topic), sources.groupOffsets(group, topic)]);
  const committed = new Map(offsets.map(({ partition, offset }) => [partition, offset]));
  return ends.map(({ partition, earliest, end }) => {
    const position = stored.get(`${topic}/${partition}`) ?? null;
    const lag = end - (position ?? earliest);
    return {
      topic,
      partition,
      committed: committed.get(partition) ?? null,
      stored: position,
      end,
      lag: notNegative(lag),
    };
  });
}

async function relayLag(sources: LagSources, log: LogName, topic: string): Promise<ShardLag[]> {
  // The topic first: the log may grow in between, and the other order would show a topic ahead of its log.
  const ends = await sources.endOffsets(topic);
  const heads = (await sources.logs.heads())[log];
  return ends.slice(0, sources.shards).map(({ partition, end }) => {
    const head = BigInt(heads.get(partition) ?? 0);
    return { topic, shard: partition, head, published: end, lag: notNegative(head - end) };
  });
}

const notNegative = (lag: bigint): bigint => (lag < 0n ? 0n : lag);

function sum(lags: readonly { lag: bigint }[]): bigint {
  return lags.reduce((total, { lag }) => total + lag, 0n);
}
