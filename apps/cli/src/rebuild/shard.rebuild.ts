import { isOpen, LONG_PAST, shardOf } from '#libs/domain';
import { payloadHash } from '#libs/intake';
import { type PartitionOffsets, type PartitionReader } from '#libs/messaging';
import {
  type LogRow,
  type RebuildStore,
  type RebuildTransaction,
  type RebuiltIdentity,
} from '#libs/persistence';
import { type CreatedTask, type RawRecord } from '#libs/processing';
import { type LogName } from '#libs/relay';
import { CliError } from '../cli.error';
import { publishedActivity } from '../folding/published.activity';
import { ShardFold } from '../folding/shard.fold';
import { CausingEvents } from './causing.events';
import { activityRow, placeOf, type RejectionData, rejectionRow, unfitTopic } from './log.row';

/** How many tasks go into one statement: of 16 KiB each at most, but for their titles. */
const TASKS_AT_ONCE = 1_000;

/** A release that did not support a command yet answered it, and left no identity: it may be sent again. */
const NO_IDENTITY = 'not_supported';

export interface ShardRebuildParts {
  store: RebuildStore;
  readers: Record<LogName, PartitionReader>;
  /** What both topics have of the shard. */
  offsets: Record<LogName, PartitionOffsets>;
  /** How many shards there are. */
  shards: number;
  onRestored(records: number): void;
}

/** How much of each was restored. */
export interface ShardCounts {
  tasks: number;
  activities: number;
  rejections: number;
  identities: number;
  /** Positions of rejections that the topic no longer has. */
  rejectionsGone: number;
}

/**
 * Makes one shard's tasks, logs and identities of what the topics have of it, in one transaction.
 *
 * @throws CliError when a topic is not what the relay wrote; nothing of the shard is there then.
 */
export function rebuildShard(shard: number, parts: ShardRebuildParts): Promise<ShardCounts> {
  return parts.store.inShard(shard, async (transaction) => {
    const { fold, identities: caused } = await rebuildActivities(shard, transaction, parts);
    const refused = await rebuildRejections(shard, transaction, parts);
    await writeTasks(transaction, fold);
    const { activity, rejection } = parts.offsets;
    const rejectionBase = Number(rejection.earliest);
    await transaction.setHeads({
      activity: Number(activity.end),
      rejection: Number(rejection.end),
      rejectionBase,
    });
    return {
      tasks: fold.size,
      activities: Number(activity.end),
      rejections: Number(rejection.end) - rejectionBase,
      identities: caused + refused,
      rejectionsGone: rejectionBase,
    };
  });
}

async function rebuildActivities(
  shard: number,
  transaction: RebuildTransaction,
  parts: ShardRebuildParts,
): Promise<{ fold: ShardFold; identities: number }> {
  const fold = new ShardFold();
  const causes = new CausingEvents();
  let identities = 0;
  for await (const records of recordsOf('activity', shard, parts)) {
    const rows: LogRow[] = [];
    const told: RebuiltIdentity[] = [];
    for (const record of records) {
      const read = publishedActivity(record);
      if (!read) throw unfitTopic(`${placeOf('activity', shard, record)}: the record is no activity`);
      const row = activityRow(shard, record, read.activity);
      foldNext(fold, shard, parts.shards, record, read.activity);
      // What time or the workforce led to leaves no identity: that it was said is folded from the log.
      const isCaused = read.activity.actor.kind !== 'system';
      const before = isCaused ? causes.next(read.activity, row.recorded_at.toISOString()) : null;
      if (before) told.push(before);
      rows.push(row);
    }
    await transaction.addActivities(rows);
    identities += await transaction.addIdentities(told);
    parts.onRestored(records.length);
  }
  const last = causes.last();
  if (last) identities += await transaction.addIdentities([last]);
  return { fold, identities };
}

function foldNext(
  fold: ShardFold,
  shard: number,
  shards: number,
  record: RawRecord,
  activity: Parameters<ShardFold['apply']>[0],
): void {
  const belongs = shardOf(activity.conversationId, shards);
  if (belongs !== shard)
    throw unfitTopic(`${placeOf('activity', shard, record)}: its conversation belongs to shard ${belongs}`);
  try {
    fold.apply(activity);
  } catch (error) {
    throw unfitTopic(`${placeOf('activity', shard, record)}: ${(error as Error).message}`);
  }
}

/** @returns how many identities it led to. */
async function rebuildRejections(
  shard: number,
  transaction: RebuildTransaction,
  parts: ShardRebuildParts,
): Promise<number> {
  let identities = 0;
  for await (const records of recordsOf('rejection', shard, parts)) {
    const read = records.map((record) => rejectionRow(shard, record));
    await transaction.addRejections(read.map(({ row }) => row));
    const told = read.filter(({ rejection }) => rejection.code !== NO_IDENTITY).map(refusedEvent);
    identities += await transaction.addIdentities(told);
    parts.onRestored(records.length);
  }
  return identities;
}

/**
 * A refused command's identity. Its data is published whole, so what it said is known; but for a task id in upper case or one that
 * is null, which intake has made one form of, and of which a copy will be counted as another payload.
 */
function refusedEvent({ row, rejection }: { row: LogRow; rejection: RejectionData }): RebuiltIdentity {
  const { command, cause } = rejection;
  return {
    tenantId: row.tenant_id,
    source: cause.source,
    id: cause.id,
    type: command.type,
    became: 'rejected',
    payloadHash: payloadHash(command),
    conversationId: row.conversation_id,
    cause,
    answer: null,
    recordedAt: row.recorded_at.toISOString(),
  };
}

/** All that a topic has of a shard, in batches. @throws CliError for a gap. */
async function* recordsOf(
  log: LogName,
  shard: number,
  { readers, offsets }: ShardRebuildParts,
): AsyncGenerator<RawRecord[]> {
  const { earliest, end } = offsets[log];
  let next = earliest;
  for await (const records of readers[log].read(shard, earliest, end)) {
    for (const record of records) {
      if (BigInt(record.offset) !== next) throw gapAt(log, shard, next);
      next += 1n;
    }
    yield records;
  }
  if (next !== end) throw gapAt(log, shard, next);
}

function gapAt(log: LogName, shard: number, offset: bigint): CliError {
  const problem = `${log} of shard ${shard}: there is no record for position ${offset + 1n}`;
  if (log === 'activity') return unfitTopic(problem);
  return new CliError(`${problem}: the topic keeps 30 days, and has let go of it meanwhile`, 'Run it again');
}

async function writeTasks(transaction: RebuildTransaction, fold: ShardFold): Promise<void> {
  let tasks: CreatedTask[] = [];
  for (const task of fold.rest()) {
    // By policies that are not known yet: a worker works the moment out at its first look, when it has read the workforce.
    tasks.push({ ...task, timerAt: isOpen(task.task) ? LONG_PAST : null });
    if (tasks.length < TASKS_AT_ONCE) continue;
    await transaction.addTasks(tasks);
    tasks = [];
  }
  await transaction.addTasks(tasks);
}
