import { setTimeout } from 'node:timers/promises';
import { type Admin, ConfigResourceTypes, type Kafka } from 'kafkajs';
import { isSettling, whileSettling } from './reading/while-settling';

/** How long the leaders of new partitions are waited for. */
const LEADERS_WITHIN_MS = 30_000;

/** A topic as it should be. */
export interface TopicSpec {
  /** Without the deployment's prefix. */
  name: string;
  partitions: number;
  /** Kafka's own names and texts, such as `cleanup.policy: compact`. */
  config: Record<string, string>;
  /** Absent: the broker's default. */
  replicationFactor?: number;
}

/** Something about an existing topic that is not as it should be. */
export interface TopicDifference {
  topic: string;
  /** `partitions`, or a name of Kafka's configuration. */
  setting: string;
  expected: string;
  actual: string;
}

export interface PartitionOffsets {
  partition: number;
  earliest: bigint;
  /** The offset the next record gets. */
  end: bigint;
}

/**
 * Creates the topics that are missing, and compares the others in partition count and every setting given.
 *
 * @param prefix the deployment's, put before every name as it is.
 * @returns the names made, and the differences found; nothing that exists is changed.
 */
export function ensureTopics(
  kafka: Kafka,
  prefix: string,
  specs: TopicSpec[],
): Promise<{ created: string[]; differences: TopicDifference[] }> {
  return withAdmin(kafka, async (admin) => {
    const existing = await namesOf(admin);
    const missing = specs.filter(({ name }) => !existing.has(prefix + name));
    if (missing.length > 0) await create(admin, prefix, missing);
    const differences = await differencesOf(admin, prefix, specs);
    return { created: missing.map(({ name }) => name), differences };
  });
}

/** The names of all topics the broker has, as they are there. */
export function topicNames(kafka: Kafka): Promise<ReadonlySet<string>> {
  return withAdmin(kafka, namesOf);
}

/** Offsets of every partition, in partition order. @throws when the topic does not exist. */
export function endOffsets(kafka: Kafka, prefix: string, topic: string): Promise<PartitionOffsets[]> {
  return withAdmin(kafka, async (admin) => {
    const offsets = await admin.fetchTopicOffsets(prefix + topic);
    return offsets
      .map(({ partition, low, high }) => ({ partition, earliest: BigInt(low), end: BigInt(high) }))
      .sort((a, b) => a.partition - b.partition);
  });
}

/** Where whoever reads a topic's only partition is through: its end as it is now, 0 when it holds nothing. @throws when it does not exist. */
export async function offsetToReach(kafka: Kafka, prefix: string, topic: string): Promise<bigint> {
  const [offsets] = await endOffsets(kafka, prefix, topic);
  return offsets && offsets.end > offsets.earliest ? offsets.end : 0n;
}

/** In each partition, in their order, the offset of the first record at or after a time; its end where there is none. */
export function offsetsAt(kafka: Kafka, prefix: string, topic: string, time: Date): Promise<bigint[]> {
  return withAdmin(kafka, async (admin) => {
    const offsets = await admin.fetchTopicOffsetsByTimestamp(prefix + topic, time.getTime());
    return offsets.sort((a, b) => a.partition - b.partition).map(({ offset }) => BigInt(offset));
  });
}

/** Where a group is in each partition of a topic, in partition order; null where it has committed nothing. */
export function groupOffsets(
  kafka: Kafka,
  prefix: string,
  groupId: string,
  topic: string,
): Promise<{ partition: number; offset: bigint | null }[]> {
  return withAdmin(kafka, async (admin) => {
    const [found] = await admin.fetchOffsets({ groupId, topics: [prefix + topic] });
    return (found?.partitions ?? [])
      .map(({ partition, offset }) => ({ partition, offset: BigInt(offset) < 0n ? null : BigInt(offset) }))
      .sort((a, b) => a.partition - b.partition);
  });
}

/** How many members a group has, also those that are dead and not yet missed. */
export function groupMembers(kafka: Kafka, groupId: string): Promise<number> {
  return withAdmin(kafka, async (admin) => {
    const { groups } = await admin.describeGroups([groupId]);
    return groups[0]?.members.length ?? 0;
  });
}

/** Deletes those that exist; they disappear from the brokers only a little after this resolves. */
export function deleteTopics(kafka: Kafka, prefix: string, names: string[]): Promise<void> {
  return withAdmin(kafka, async (admin) => {
    const existing = await namesOf(admin);
    const topics = names.map((name) => prefix + name).filter((name) => existing.has(name));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  });
}

async function namesOf(admin: Admin): Promise<ReadonlySet<string>> {
  return new Set(await whileSettling(() => admin.listTopics()));
}

async function create(admin: Admin, prefix: string, specs: TopicSpec[]): Promise<void> {
  // Another process may be creating them too: then this says false, and they are there.
  await admin.createTopics({
    waitForLeaders: false,
    topics: specs.map(({ name, partitions, config, replicationFactor }) => ({
      topic: prefix + name,
      numPartitions: partitions,
      replicationFactor: replicationFactor ?? -1,
      configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
    })),
  });
  await untilLed(
    admin,
    specs.map(({ name }) => prefix + name),
  );
}

/**
 * Waits until every partition has a leader that knows that it is: a broker names the leaders of a new topic a moment before it
 * takes a record for it, and refuses those that come between. kafkajs's own wait asks for the names alone, and gives up where
 * a broker has not heard of the topic yet, as one may not for a moment after another has created it.
 */
async function untilLed(admin: Admin, topics: string[]): Promise<void> {
  for (const deadline = Date.now() + LEADERS_WITHIN_MS; ;) {
    try {
      const found = await admin.fetchTopicMetadata({ topics });
      if (found.topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) {
        for (const topic of topics) await admin.fetchTopicOffsets(topic); // only leaders answer
        return;
      }
      if (Date.now() > deadline) throw new Error(`no leader yet for every partition of ${topics.join(', ')}`);
    } catch (error) {
      // kafkajs has tried again by itself for a while, and says then only in the cause what it met.
      const { retriable, cause } = error as { retriable?: boolean; cause?: { retriable?: boolean } };
      const mayCome = retriable || cause?.retriable || isSettling(error);
      if (Date.now() > deadline || !mayCome) throw error;
    }
    await setTimeout(100);
  }
}

async function differencesOf(admin: Admin, prefix: string, specs: TopicSpec[]): Promise<TopicDifference[]> {
  const partitions = await partitionCounts(
    admin,
    specs.map(({ name }) => prefix + name),
  );
  const settings = await settingsOf(
    admin,
    specs.map(({ name }) => prefix + name),
  );
  return specs.flatMap(({ name, partitions: count, config }) => {
    const actual = settings.get(prefix + name);
    const compared = [
      { setting: 'partitions', expected: String(count), actual: String(partitions.get(prefix + name)) },
      ...Object.entries(config).map(([setting, expected]) => ({
        setting,
        expected,
        actual: String(actual?.get(setting)),
      })),
    ];
    return compared.filter((each) => each.expected !== each.actual).map((each) => ({ topic: name, ...each }));
  });
}

async function partitionCounts(admin: Admin, names: string[]): Promise<Map<string, number>> {
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  return new Map(topics.map((topic) => [topic.name, topic.partitions.length]));
}

async function settingsOf(admin: Admin, names: string[]): Promise<Map<string, Map<string, string>>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}

async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
