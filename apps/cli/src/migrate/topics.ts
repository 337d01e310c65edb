import { type Kafka } from 'kafkajs';
import { TOPICS } from '#libs/contracts';
import {
  ensureTopics,
  type TopicDifference,
  topicNames,
  type TopicSpec,
  whileSettling,
} from '#libs/messaging';
import { CliError } from '../cli.error';

/**
 * How long a removal stays readable after compaction. Workers that were all down for longer would never learn of it; the conversation
 * topics keep 7 days, so they would have lost events long before.
 */
const TOMBSTONES_KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** The contract's topics in Kafka's words. */
export function topicSpecs(shards: number): TopicSpec[] {
  return TOPICS.map(({ name, partitions, cleanupPolicy, retentionMs, maxMessageBytes }) => ({
    name,
    partitions: partitions === 'shards' ? shards : partitions,
    config: {
      'cleanup.policy': cleanupPolicy,
      'retention.ms': String(retentionMs),
      ...(cleanupPolicy === 'compact' && { 'delete.retention.ms': String(TOMBSTONES_KEPT_MS) }),
      'max.message.bytes': String(maxMessageBytes),
    },
  }));
}

/**
 * Makes the topics that are missing. @returns the names made now.
 * @throws CliError when one that exists is not as the contract says, naming topic and property.
 */
export async function ensureContractTopics(kafka: Kafka, prefix: string, shards: number): Promise<string[]> {
  const specs = topicSpecs(shards);
  const before = await topicNames(kafka);
  const { differences } = await whileSettling(() => ensureTopics(kafka, prefix, specs));
  if (differences.length > 0) throw topicsDiffer(prefix, differences);
  return specs.map(({ name }) => name).filter((name) => !before.has(prefix + name));
}

/** As above, without making any. */
export async function checkContractTopics(
  kafka: Kafka,
  prefix: string,
  shards: number,
): Promise<{ missing: string[]; differences: string[] }> {
  const existing = await topicNames(kafka);
  const specs = topicSpecs(shards);
  const there = specs.filter(({ name }) => existing.has(prefix + name));
  const { differences } = there.length > 0 ? await ensureTopics(kafka, prefix, there) : { differences: [] };
  return {
    missing: specs.filter((spec) => !there.includes(spec)).map(({ name }) => prefix + name),
    differences: differences.map((difference) => sentence(prefix, difference)),
  };
}

export function topicsDiffer(prefix: string, differences: readonly TopicDifference[]): CliError {
  const lines = differences.map((difference) => sentence(prefix, difference));
  return new CliError(`topics are not as they must be:\n  ${lines.join('\n  ')}`);
}

function sentence(prefix: string, { topic, setting, expected, actual }: TopicDifference): string {
  const name = prefix + topic;
  if (setting === 'partitions') {
    return (
      `${name} has ${actual} partitions, not ${expected}: the number is fixed when the topics are made; ` +
      'set SHARDS to what they have before the first migrate, or delete the topic while no worker runs and migrate again'
    );
  }
  return (
    `${name} has ${setting}=${actual}, not ${expected}: set it with ` +
    `kafka-configs.sh --alter --entity-type topics --entity-name ${name} --add-config ${setting}=${expected}`
  );
}
