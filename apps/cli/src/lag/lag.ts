import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import {
  CONVERSATION_TOPICS,
  TASK_ACTIVITY_TOPIC,
  TASK_REJECTIONS_TOPIC,
  WORKFORCE_GROUP_SUFFIX,
  WORKFORCE_TOPIC,
} from '#libs/contracts';
import { endOffsets, groupOffsets } from '#libs/messaging';
import { DeploymentStore, InputPositionStore, PostgresLogSource } from '#libs/persistence';
import { type LogName } from '#libs/relay';

/** How far one input partition was read. Offsets are those of the next record. */
export interface InputLag {
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
export interface RelayLag {
  topic: string;
  shard: number;
  /** The log's last position. */
  head: bigint;
  /** The topic's end, which is the last position published. */
  published: bigint;
  lag: bigint;
}

export interface LagReport {
  inputs: InputLag[];
  relay: RelayLag[];
  totals: { inputs: bigint; relay: bigint };
}

const LOGS: readonly [LogName, string][] = [
  ['activity', TASK_ACTIVITY_TOPIC],
  ['rejection', TASK_REJECTIONS_TOPIC],
];

/** What is still to be read, and still to be published. */
export async function readLag(
  kafka: Kafka,
  db: DataSource,
  { topicPrefix, groupId }: { topicPrefix: string; groupId: string },
): Promise<LagReport> {
  const stored = new Map(
    (await new InputPositionStore(db).all()).map(({ topic, partition, nextOffset }) => [
      `${topic}/${partition}`,
      BigInt(nextOffset),
    ]),
  );
  const groups = [
    ...Object.values(CONVERSATION_TOPICS).map((topic) => [topic, groupId] as const),
    [WORKFORCE_TOPIC, `${groupId}${WORKFORCE_GROUP_SUFFIX}`] as const,
  ];
  const inputs = await Promise.all(
    groups.map(([topic, group]) => inputLag(kafka, topicPrefix, topic, group, stored)),
  );
  const { shards } = await new DeploymentStore(db).load();
  const relay = await Promise.all(
    LOGS.map(([log, topic]) => relayLag(kafka, topicPrefix, db, log, topic, shards)),
  );
  const totals = { inputs: sum(inputs.flat()), relay: sum(relay.flat()) };
  return { inputs: inputs.flat(), relay: relay.flat(), totals };
}

async function inputLag(
  kafka: Kafka,
  prefix: string,
  topic: string,
  group: string,
  stored: ReadonlyMap<string, bigint>,
): Promise<InputLag[]> {
  const [ends, offsets] = await Promise.all([
    endOffsets(kafka, prefix, topic),
    groupOffsets(kafka, prefix, group, topic),
  ]);
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

async function relayLag(
  kafka: Kafka,
  prefix: string,
  db: DataSource,
  log: LogName,
  topic: string,
  shards: number,
): Promise<RelayLag[]> {
  // The topic first: the log may grow in between, and the other order would show a topic ahead of its log.
  const ends = await endOffsets(kafka, prefix, topic);
  const heads = (await new PostgresLogSource(db).heads())[log];
  return ends.slice(0, shards).map(({ partition, end }) => {
    const head = BigInt(heads.get(partition) ?? 0);
    return { topic, shard: partition, head, published: end, lag: notNegative(head - end) };
  });
}

const notNegative = (lag: bigint): bigint => (lag < 0n ? 0n : lag);

function sum(lags: readonly { lag: bigint }[]): bigint {
  return lags.reduce((total, { lag }) => total + lag, 0n);
}
