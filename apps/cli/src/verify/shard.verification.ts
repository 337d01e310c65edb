import { type PartitionOffsets, type PartitionReader } from '#libs/messaging';
import { type RawRecord } from '#libs/processing';
import { type LogEntry, type LogName } from '#libs/relay';
import { ShardFold } from '../folding/shard.fold';
import { foldAndCompare } from './activity.comparison';
import { type DatabaseSnapshot } from './database.snapshot';
import { type DifferenceKind, type Differences } from './difference';
import { headerOf } from '../events/record.text';
import { compareEntry } from './log.comparison';
import { compareTask, missingTask } from './task.comparison';

export interface ShardVerificationParts {
  snapshot: DatabaseSnapshot;
  readers: Record<LogName, PartitionReader>;
  differences: Differences;
  onCompared(entries: number): void;
}

/** How far a log went, in the snapshot and now, and what the topic's partition has. */
export interface LogExtents {
  /** The log begins behind this position. */
  base: number;
  head: number;
  headNow: number;
  /** Undefined when the topic has no such partition. */
  offsets: PartitionOffsets | undefined;
}

/** Verifies one shard: its two logs against their topics, and the fold of its activities against its tasks. */
export class ShardVerification {
  readonly #fold = new ShardFold();

  constructor(
    private readonly shard: number,
    private readonly shards: number,
    private readonly parts: ShardVerificationParts,
  ) {}

  /** Compares a log with its topic, and folds it if it is the activities'. */
  async compareLog(log: LogName, topic: string, { base, head, headNow, offsets }: LogExtents): Promise<void> {
    const { readers, onCompared } = this.parts;
    await this.#checkLogIsWhole(log, base, head);
    const { earliest, end } = offsets ?? { earliest: 0n, end: 0n };
    if (end < BigInt(head)) {
      const remedy = 'is a worker running?';
      this.#say(
        'topic',
        'end',
        `${topic}/${this.shard}: the log has ${head} entries, the topic only ${end}; ${remedy}`,
      );
    }
    if (end > BigInt(headNow)) {
      this.#say(
        'topic',
        'end',
        `${topic}/${this.shard}: the topic has ${end} entries, the log only ${headNow}`,
      );
    }
    if (log === 'activity' && earliest > 0n) {
      this.#say(
        'topic',
        'earliest',
        `${topic}/${this.shard}: the first ${earliest} entries are gone from the topic`,
      );
    }
    const to = end < BigInt(head) ? end : BigInt(head);
    const gone = Number(earliest < to ? earliest : to) - base;
    if (log === 'rejection' && gone > 0) onCompared(gone);
    let expected = earliest;
    for await (const records of readers[log].read(this.shard, earliest, to)) {
      await this.#compareBatch(log, topic, expected, records);
      expected = BigInt(records.at(-1)!.offset) + 1n;
      onCompared(records.length);
    }
  }

  /** Compares the shard's rows of `task` with the fold. @returns how many there are. */
  async compareTasks(): Promise<number> {
    const { snapshot, differences } = this.parts;
    let tasks = 0;
    for await (const rows of snapshot.tasks(this.shard)) {
      for (const row of rows) {
        const folded = this.#fold.take(row.tenant_id, row.id);
        for (const difference of compareTask(this.shard, row, folded)) differences.add(difference);
      }
      tasks += rows.length;
    }
    for (const folded of this.#fold.rest()) differences.add(missingTask(this.shard, folded));
    return tasks;
  }

  async #checkLogIsWhole(log: LogName, base: number, head: number): Promise<void> {
    const { entries, before, last } = await this.parts.snapshot.extent(log, this.shard, base, head);
    const name = `${log} log of shard ${this.shard}`;
    const missing = head - base - entries;
    if (missing !== 0) {
      this.#say(
        'log',
        'position',
        `${name}: positions ${base + 1} to ${head} should be there, ${missing} are missing`,
      );
    }
    if (before > 0) {
      this.#say('log', 'position', `${name}: begins at position ${base + 1}, but has ${before} before it`);
    }
    if (last > head) this.#say('log', 'position', `${name}: has position ${last}, but its head says ${head}`);
  }

  async #compareBatch(
    log: LogName,
    topic: string,
    expected: bigint,
    records: readonly RawRecord[],
  ): Promise<void> {
    const { snapshot, differences } = this.parts;
    const [first, last] = [Number(records[0]!.offset) + 1, Number(records.at(-1)!.offset) + 1];
    const entries = await snapshot.entries(log, this.shard, first, last);
    let next = expected;
    for (const record of records) {
      const offset = BigInt(record.offset);
      if (offset !== next)
        this.#say('topic', 'offset', `${topic}/${this.shard}: no record at offset ${next}`);
      next = offset + 1n;
      this.#compareRecord(log, entries.get(Number(next)), record);
      if (log !== 'activity') continue;
      const where = { shard: this.shard, shards: this.shards };
      for (const difference of foldAndCompare(this.#fold, record, where)) differences.add(difference);
    }
  }

  #compareRecord(log: LogName, entry: LogEntry | undefined, record: RawRecord): void {
    const position = Number(record.offset) + 1;
    if (!entry) {
      const taskId = headerOf(record.headers, 'ce_subject');
      const message = `${log} log of shard ${this.shard}: position ${position} is missing, the topic has it: task ${taskId}`;
      this.parts.differences.add({
        kind: log,
        shard: this.shard,
        taskId,
        field: 'position',
        message,
        position,
      });
      return;
    }
    for (const difference of compareEntry(log, this.shard, entry, record))
      this.parts.differences.add(difference);
  }

  #say(kind: DifferenceKind, field: string, message: string): void {
    this.parts.differences.add({ kind, shard: this.shard, field, message });
  }
}
