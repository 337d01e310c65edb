import { BaseRpcContext } from '@nestjs/microservices';
import { type EachBatchPayload } from 'kafkajs';
import { type RawRecord } from '#libs/processing';
import { type Generation, type PartitionsByTopic } from './assignment';
import { endsMembership } from './kafka.errors';
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

/**
 * A handler's way to talk to its group while it works on a batch. Offsets move by `commit` alone. Once `isRunning` says
 * false or anything here throws, the handler should return or throw: what it has not committed comes again, maybe elsewhere.
 */
export class BatchContext extends BaseRpcContext<[PartitionBatch]> {
  private groupFailure: Error | null = null;
  private owed: bigint | null = null;

  constructor(
    private readonly batch: PartitionBatch,
    private readonly payload: EachBatchPayload,
    private readonly generation: Generation,
    private readonly reading: PartitionReading,
    private readonly isStopping: () => boolean,
  ) {
    super([batch]);
  }

  /** All partitions this member has, by topic. */
  get assignment(): PartitionsByTopic {
    return this.generation.assignment;
  }

  /** What Kafka answered when it last refused or could not be asked. */
  get failure(): Error | null {
    return this.groupFailure;
  }

  /** The offset, stored for good, that the group did not hear of when it was to be committed; null when it heard of all. */
  get uncommitted(): bigint | null {
    return this.owed;
  }

  /** False once the process stops, the partition was (or is being) taken away, or Kafka refused a commit or heartbeat. */
  isRunning(): boolean {
    return this.isCurrent() && !this.isStopping() && this.payload.isRunning();
  }

  /**
   * Commits the group's offset: everything before `nextOffset` (decimal text) is stored for good. Call it after the
   * database's commit, never before. Also allowed while the process stops.
   *
   * @throws StaleBatchError when the partition is not ours any more; kafkajs' error when Kafka refused or was not there.
   */
  async commit(nextOffset: string): Promise<void> {
    this.mustBeCurrent();
    const { topic, partition } = this.payload.batch;
    const last = this.payload.batch.messages.at(-1)?.offset;
    const done = BigInt(nextOffset) - 1n;
    // After the last record also pass what handlers never see (a transaction's marker), or the lag never becomes 0.
    const next = String(done) === last ? BigInt(this.payload.batch.lastOffset()) + 1n : BigInt(nextOffset);
    this.payload.resolveOffset(String(done));
    this.reading.advanceTo(next);
    this.owed = next;
    await this.ask(() =>
      this.payload.commitOffsetsIfNecessary({
        topics: [{ topic, partitions: [{ partition, offset: String(next) }] }],
      }),
    );
    this.owed = null;
  }

  /** Tells the group that this member lives; sent at most once a heartbeat interval, so call it between chunks and while waiting.
   *
   * @throws StaleBatchError, or kafkajs' error, most often that the group is rebalancing.
   */
  async heartbeat(): Promise<void> {
    this.mustBeCurrent();
    await this.ask(() => this.payload.heartbeat());
  }

  /** Some of the batch is done, if not enough to commit: it is slow, and not standing still. */
  progressed(): void {
    this.reading.step();
  }

  private isCurrent(): boolean {
    return !this.generation.ended && this.groupFailure === null && !this.payload.isStale();
  }

  private mustBeCurrent(): void {
    if (this.isCurrent()) return;
    const { topic, partition } = this.batch;
    throw new StaleBatchError(`${topic}-${partition} is not this worker's any more`, {
      cause: this.groupFailure ?? undefined,
    });
  }

  private async ask(question: () => Promise<void>): Promise<void> {
    try {
      await question();
    } catch (error) {
      this.groupFailure = error as Error;
      if (endsMembership(error)) this.generation.end();
      throw error;
    }
  }
}
