import { BaseRpcContext } from '@nestjs/microservices';
import { type EachBatchPayload } from 'kafkajs';
import { type RawRecord } from '#libs/processing';
import { type Generation, type PartitionsByTopic } from './assignment';
import { endsMembership } from './kafka.errors';
import { type OffsetCommits } from './offset.commits';
import { type PartitionReading } from './partition.reading';

/** Consecutive records of one partition, as one fetch gave them. */
export interface PartitionBatch {
  /** Without the deployment's prefix. */
  topic: string;
  partition: number;
  /** At least one; in offset order. */
  records: RawRecord[];
  /** The offset the partition's next new record will get, when this was fetched; decimal text. */
  highWatermark: string;
  /** The offset after this fetch, also past what handlers never see (a transaction's marker); decimal text. */
  nextOffset: string;
}

/** The batch is no longer this process's to work on: its partition was taken away, or the process stops. */
export class StaleBatchError extends Error {
  override readonly name = 'StaleBatchError';
}

/** What a batch's context is made of. */
export interface BatchContextParts {
  batch: PartitionBatch;
  payload: EachBatchPayload;
  generation: Generation;
  reading: PartitionReading;
  commits: OffsetCommits;
  isStopping: () => boolean;
}

/**
 * A handler's way to talk to its group while it works on a batch. Offsets move by `commit` alone. Once `isRunning` says
 * false or anything here throws, the handler should return or throw: what it has not committed comes again, maybe elsewhere.
 */
export class BatchContext extends BaseRpcContext<[PartitionBatch]> {
  private groupFailure: Error | null = null;

  constructor(private readonly own: BatchContextParts) {
    super([own.batch]);
  }

  /** All partitions this member has, by topic. */
  get assignment(): PartitionsByTopic {
    return this.own.generation.assignment;
  }

  /** What Kafka answered when it last refused or could not be asked. */
  get failure(): Error | null {
    return this.groupFailure;
  }

  /** False once the process stops, the partition was (or is being) taken away, or Kafka refused a heartbeat. */
  isRunning(): boolean {
    return this.isCurrent() && !this.own.isStopping() && this.own.payload.isRunning();
  }

  /**
   * Commits the group's offset: everything before `nextOffset` (decimal text) is stored for good. Call it after the
   * database's commit, never before. Also allowed while the process stops. The group hears of it soon (`OffsetCommits`).
   *
   * @throws StaleBatchError when the partition is not ours any more.
   */
  commit(nextOffset: string): void {
    this.mustBeCurrent();
    const { payload, reading, commits, batch } = this.own;
    const last = payload.batch.messages.at(-1)?.offset;
    const done = BigInt(nextOffset) - 1n;
    // After the last record also pass what handlers never see (a transaction's marker), or the lag never becomes 0.
    const next = String(done) === last ? BigInt(payload.batch.lastOffset()) + 1n : BigInt(nextOffset);
    payload.resolveOffset(String(done));
    reading.advanceTo(next);
    commits.stored(batch.topic, batch.partition, next);
  }

  /**
   * Tells the group that this member lives; sent at most once a heartbeat interval, so call it between chunks and while waiting.
   *
   * @throws StaleBatchError, or kafkajs' error, most often that the group is rebalancing.
   */
  async heartbeat(): Promise<void> {
    this.mustBeCurrent();
    try {
      await this.own.payload.heartbeat();
    } catch (error) {
      this.groupFailure = error as Error;
      if (endsMembership(error)) this.own.generation.end();
      throw error;
    }
  }

  /** Some of the batch is done, if not enough to commit: it is slow, and not standing still. */
  progressed(): void {
    this.own.reading.step();
  }

  private isCurrent(): boolean {
    return !this.own.generation.ended && this.groupFailure === null && !this.own.payload.isStale();
  }

  private mustBeCurrent(): void {
    if (this.isCurrent()) return;
    const { topic, partition } = this.own.batch;
    throw new StaleBatchError(`${topic}-${partition} is not this worker's any more`, {
      cause: this.groupFailure ?? undefined,
    });
  }
}
