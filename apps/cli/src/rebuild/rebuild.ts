import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { TASK_ACTIVITY_TOPIC, TASK_REJECTIONS_TOPIC } from '#libs/contracts';
import { endOffsets, PartitionReader } from '#libs/messaging';
import { checkDatabase, DeploymentStore, RebuildStore } from '#libs/persistence';
import { CliError } from '../cli.error';
import { mustBeStopped } from '../reset/no.workers';
import { DatabaseToRebuild, type PublishedOffsets } from './empty.database';
import { rebuiltPositions, type RebuiltPositions } from './input.positions';
import { unfitTopic } from './log.row';
import { rebuildShard, type ShardCounts } from './shard.rebuild';

export interface RebuildOptions {
  kafka: Kafka;
  topicPrefix: string;
  groupId: string;
  /** Connected as the application's role, without limits on time. */
  app: DataSource;
  /** Connected as the operator's role. */
  operator: DataSource;
  /** Told how many records there are to restore, then of each batch. */
  onStart?(records: number): void;
  onRestored?(records: number): void;
}

export interface RebuildReport extends ShardCounts {
  shards: number;
  /** Shards that an interrupted rebuild had left there; what they have is not counted. */
  shardsThere: number;
  positions: RebuiltPositions['counts'];
}

/**
 * Makes tasks, logs, identities and positions in an empty database of the topics alone (invariant 7): what `verify` then compares.
 *
 * A shard is one transaction, the positions are the last: interrupted, it is run again, and leaves out the shards that are there.
 *
 * @throws CliError when workers run, the database is not empty, or the topics are not what the relay wrote.
 */
export async function rebuild(options: RebuildOptions): Promise<RebuildReport> {
  const { kafka, topicPrefix, groupId, app, operator } = options;
  await checkDatabase(app);
  await mustBeStopped(kafka, groupId);
  const { shards } = await new DeploymentStore(app).load();
  const offsets = await publishedOffsets(kafka, topicPrefix, shards);
  const database = new DatabaseToRebuild(operator);
  const left = await database.shardsLeft(offsets);
  const store = new RebuildStore(app);
  const counts = await rebuildShards(left, shards, offsets, store, options);
  // A worker that was started meanwhile has found the topics beyond its logs and stopped; or it has not, and positions are its own.
  await mustBeStopped(kafka, groupId);
  const inputs = await rebuiltPositions(kafka, { topicPrefix, groupId }, await database.greatestCauses());
  await store.storePositions(inputs.positions);
  return { ...counts, shards, shardsThere: shards - left.length, positions: inputs.counts };
}

/** @throws CliError when the activities are not all there, from the first. */
async function publishedOffsets(
  kafka: Kafka,
  topicPrefix: string,
  shards: number,
): Promise<PublishedOffsets> {
  const offsets = {
    activity: await endOffsets(kafka, topicPrefix, TASK_ACTIVITY_TOPIC),
    rejection: await endOffsets(kafka, topicPrefix, TASK_REJECTIONS_TOPIC),
  };
  const name = topicPrefix + TASK_ACTIVITY_TOPIC;
  for (const { length } of Object.values(offsets)) {
    if (length !== shards)
      throw new CliError(
        `the topics have ${length} partitions, and the database was made for ${shards} shards`,
        'Make a new one, and set SHARDS to what the topics have before the first migrate',
      );
  }
  const cut = offsets.activity.find(({ earliest }) => earliest > 0n);
  if (cut)
    throw unfitTopic(`${name}, partition ${cut.partition}, begins at offset ${cut.earliest} instead of 0`);
  if (offsets.activity.every(({ end }) => end === 0n))
    throw new CliError(
      `${name} is empty: there is nothing to rebuild from`,
      'Start a worker: in an empty database it applies all that the input topics still hold',
    );
  return offsets;
}

async function rebuildShards(
  left: readonly number[],
  shards: number,
  offsets: PublishedOffsets,
  store: RebuildStore,
  { kafka, topicPrefix, onStart, onRestored = () => undefined }: RebuildOptions,
): Promise<ShardCounts> {
  const total: ShardCounts = { tasks: 0, activities: 0, rejections: 0, identities: 0, rejectionsGone: 0 };
  const own = left.map((shard) => ({
    activity: offsets.activity[shard]!,
    rejection: offsets.rejection[shard]!,
  }));
  const records = own
    .flatMap((each) => Object.values(each))
    .map(({ earliest, end }) => Number(end - earliest));
  onStart?.(records.reduce((sum, each) => sum + each, 0));
  const topicOf = (name: string) => ({ name, topicPrefix });
  await PartitionReader.with(kafka, topicOf(TASK_ACTIVITY_TOPIC), (activity) =>
    PartitionReader.with(kafka, topicOf(TASK_REJECTIONS_TOPIC), async (rejection) => {
      for (const [i, shard] of left.entries()) {
        const readers = { activity, rejection };
        const counts = await rebuildShard(shard, { store, readers, offsets: own[i]!, shards, onRestored });
        for (const [name, count] of Object.entries(counts)) total[name as keyof ShardCounts] += count;
      }
    }),
  );
  return total;
}
