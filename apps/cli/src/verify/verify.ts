import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { TASK_ACTIVITY_TOPIC, TASK_REJECTIONS_TOPIC } from '#libs/contracts';
import { PostgresLogSource } from '#libs/persistence';
import { type LogName } from '#libs/relay';
import { PartitionReader } from '#libs/messaging';
import { DatabaseSnapshot } from './database.snapshot';
import { type Difference, type DifferenceKind, Differences } from './difference';
import { publishedEnds } from './published.ends';
import { ShardVerification } from './shard.verification';

export { type Difference, type DifferenceKind } from './difference';

export interface VerifyOptions {
  kafka: Kafka;
  topicPrefix: string;
  /** Connected as the operator's role. */
  db: DataSource;
  /** How long the relay has to publish what the log held when verifying began. */
  relayPatienceMs?: number;
  /** Told how many log entries there are to compare, then of each batch. */
  onStart?(entries: number): void;
  onCompared?(entries: number): void;
}

export interface VerifyReport {
  ok: boolean;
  shards: number;
  tasks: number;
  activities: number;
  rejections: number;
  /** How many differences there are. */
  total: number;
  byKind: Partial<Record<DifferenceKind, number>>;
  /** The first of them. */
  differences: Difference[];
}

const TOPIC: Record<LogName, string> = { activity: TASK_ACTIVITY_TOPIC, rejection: TASK_REJECTIONS_TOPIC };
const RELAY_PATIENCE_MS = 30_000;

/**
 * Proves invariant 7: folding `task-activity` gives the `task` table row for row, and both topics are their logs, record for row.
 * At the positions of one snapshot of the database, so also while the service runs.
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const { kafka, topicPrefix, db } = options;
  return DatabaseSnapshot.with(db, async (snapshot) => {
    const heads = await snapshot.heads();
    const differences = new Differences();
    const topics = {
      activity: { name: TOPIC.activity, topicPrefix },
      rejection: { name: TOPIC.rejection, topicPrefix },
    };
    const [activityEnds, rejectionEnds] = await Promise.all(
      (['activity', 'rejection'] as const).map((log) =>
        publishedEnds(
          kafka,
          topics[log],
          new Map(heads.map((head) => [head.shard, head[log]])),
          options.relayPatienceMs ?? RELAY_PATIENCE_MS,
        ),
      ),
    );
    const ends = { activity: activityEnds!, rejection: rejectionEnds! };
    // Read after the topics' ends, outside the snapshot: a topic may be ahead of the snapshot, never of the log itself.
    const now = { activity: await headsNow(db, 'activity'), rejection: await headsNow(db, 'rejection') };
    const sum = (log: LogName): number =>
      heads.reduce((total, head) => total + head[log] - head.base[log], 0);
    options.onStart?.(sum('activity') + sum('rejection'));
    let tasks = 0;
    await PartitionReader.with(kafka, topics.activity, (activity) =>
      PartitionReader.with(kafka, topics.rejection, async (rejection) => {
        for (const { shard, ...head } of heads) {
          const verification = new ShardVerification(shard, heads.length, {
            snapshot,
            readers: { activity, rejection },
            differences,
            onCompared: options.onCompared ?? (() => undefined),
          });
          for (const log of ['activity', 'rejection'] as const) {
            await verification.compareLog(log, topicPrefix + TOPIC[log], {
              base: head.base[log],
              head: head[log],
              headNow: now[log].get(shard) ?? 0,
              offsets: ends[log].get(shard),
            });
          }
          tasks += await verification.compareTasks();
        }
      }),
    );
    for (const { table, rows } of await snapshot.strays(heads.length)) {
      const message = `${table}: ${rows} rows are in shards beyond ${heads.length - 1}`;
      differences.add({ kind: 'log', shard: heads.length, field: 'shard', message });
    }
    return {
      ok: differences.total === 0,
      shards: heads.length,
      tasks,
      activities: sum('activity'),
      rejections: sum('rejection'),
      total: differences.total,
      byKind: Object.fromEntries(differences.counts),
      differences: differences.first,
    };
  });
}

async function headsNow(db: DataSource, log: LogName): Promise<Map<number, number>> {
  return (await new PostgresLogSource(db).heads())[log];
}
