import { type LoggerService } from '@nestjs/common';
import { type Consumer, type ConsumerConfig, type EachBatchPayload, type Kafka } from 'kafkajs';
import { type AssignmentListener, Generation, type PartitionsByTopic } from './assignment';
import { BatchContext, type PartitionBatch, StaleBatchError } from './batch.context';
import { isBrokerOutage, reasonOf } from './kafka.errors';
import { PartitionPlacement } from './partition.placement';
import { type PartitionReading } from './partition.reading';
import { GrowingPause } from './pause';
import { rawRecordOf } from './raw-record.reader';
import { type StartPositionsReader } from './start-positions.reader';

export interface GroupConsumerOptions extends AssignmentListener {
  /** Without the prefix. */
  topics: string[];
  topicPrefix: string;
  config: ConsumerConfig;
  partitionsConsumedConcurrently: number;
  startPositions: StartPositionsReader;
  /** Works on a batch; what it throws while it is still its batch ends everything. */
  handle(batch: PartitionBatch, context: BatchContext): Promise<void>;
  /** Called once, with what no waiting will cure. The consumer takes nothing more; `stop` it. */
  onFatal(error: Error): void;
}

/**
 * One member of one group, kept alive: joins, places its partitions, hands batches on, and when Kafka is away begins anew for
 * ever. Nothing escapes a handler into kafkajs (which would retry it for ever) except kafkajs' own errors, which make it rejoin.
 */
export class GroupConsumer {
  private generation: Generation | null = null;
  private placement: PartitionPlacement | null = null;
  private stopping = false;
  private loop: Promise<void> = Promise.resolve();
  private leave: () => void = () => undefined;
  private readonly pause = new GrowingPause();

  constructor(
    private readonly kafka: Kafka,
    private readonly options: GroupConsumerOptions,
    private readonly logger: LoggerService,
  ) {}

  /** Begins; returns at once. */
  start(): void {
    this.loop = this.keepConsuming();
  }

  /** Lets handlers finish or give up, leaves the group and disconnects. Takes as long as the slowest handler. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.pause.end();
    this.leave();
    await this.loop;
  }

  private async keepConsuming(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.consumeUntilCrash();
      } catch (error) {
        if (!isBrokerOutage(error)) {
          this.fail(error as Error);
          break;
        }
        this.say('warn', `waiting for Kafka, again in ${this.pause.nextMs} ms: ${reasonOf(error)}`);
      }
      await this.pause.take();
    }
  }

  /** Resolves when told to stop; throws what kafkajs gave up on. */
  private async consumeUntilCrash(): Promise<void> {
    const consumer = this.kafka.consumer(this.options.config);
    const { CRASH, GROUP_JOIN, REBALANCING } = consumer.events;
    const crashed = new Promise<Error>((resolve) => {
      consumer.on(CRASH, ({ payload }) => {
        resolve(payload.error);
      });
    });
    consumer.on(GROUP_JOIN, ({ payload }) => this.joined(consumer, payload.memberAssignment));
    consumer.on(REBALANCING, () => this.generation?.end());
    const told = new Promise<null>((resolve) => (this.leave = () => resolve(null)));
    try {
      await consumer.connect();
      const topics = this.options.topics.map((topic) => this.options.topicPrefix + topic);
      await consumer.subscribe({ topics, fromBeginning: true });
      // A consumer that is told to stop while it joins goes on consuming once it has joined: so wait for that first.
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: this.options.partitionsConsumedConcurrently,
        eachBatch: (payload) => this.eachBatch(payload),
      });
      const crash = this.stopping ? null : await Promise.race([crashed, told]);
      if (crash) throw crash;
    } finally {
      await this.disconnect(consumer);
      this.generation?.end();
      this.generation = null;
      this.placement = null;
    }
  }

  private async disconnect(consumer: Consumer): Promise<void> {
    try {
      await consumer.disconnect();
    } catch (error) {
      this.say('warn', `could not leave in good order: ${(error as Error).message}`);
    }
  }

  /**
   * kafkajs calls this between joining and the next fetch. It is synchronous as far as the pause: nothing may be fetched before
   * it is placed, or kafkajs moves the group's offset to the beginning when it is out of range, before anybody has seen it.
   */
  private joined(consumer: Consumer, assignment: Record<string, number[]>): void {
    this.generation?.end();
    const own = this.withoutPrefix(assignment);
    const generation = new Generation(own, () => this.tell(() => this.options.onRevoked?.()));
    this.generation = generation;
    this.pause.reset();
    this.say('log', `joined: ${JSON.stringify(own)}`);
    const { topicPrefix, startPositions } = this.options;
    this.placement = new PartitionPlacement(consumer, topicPrefix, startPositions, {
      isOver: () => generation.ended || this.stopping,
      onFatal: (error) => this.fail(error),
      onWait: (what) => this.say('warn', what),
    });
    void this.placement.place(own);
    this.tell(() => this.options.onAssignment?.(own));
  }

  private async eachBatch(payload: EachBatchPayload): Promise<void> {
    const { generation, placement } = this;
    if (this.stopping || !placement || !generation || generation.ended) return breathe();
    const topic = payload.batch.topic.slice(this.options.topicPrefix.length);
    const { partition } = payload.batch;
    const reading = placement.readingOf(topic, partition);
    // Fetched before the rebalance that gave it to us anew.
    if (!reading) return breathe();

    const first = payload.batch.firstOffset();
    if (first !== null && !reading.continuesAt(BigInt(first))) {
      void placement.place({ [topic]: [partition] });
      return;
    }

    const context = await this.deliver(payload, topic, reading, generation);
    // Not ours any more: kafkajs has seen to it already.
    if (context?.failure && !(context.failure instanceof StaleBatchError)) throw context.failure;
  }

  private async deliver(
    payload: EachBatchPayload,
    topic: string,
    reading: PartitionReading,
    generation: Generation,
  ): Promise<BatchContext | null> {
    const { partition, messages, highWatermark } = payload.batch;
    let context: BatchContext | null = null;
    try {
      const records = reading.admit(messages.map((message) => rawRecordOf(topic, partition, message)));
      if (records.length === 0) {
        payload.resolveOffset(messages.at(-1)!.offset);
        reading.advanceTo(BigInt(payload.batch.lastOffset()) + 1n);
        return null;
      }
      const nextOffset = String(BigInt(payload.batch.lastOffset()) + 1n);
      const batch: PartitionBatch = { topic, partition, records, highWatermark, nextOffset };
      context = new BatchContext(batch, payload, generation, () => this.stopping);
      await this.options.handle(batch, context);
    } catch (error) {
      if (context && !context.isRunning()) this.say('log', `gave ${topic}-${partition} up: ${String(error)}`);
      else this.fail(error instanceof Error ? error : new Error(String(error), { cause: error }));
    }
    if (context?.nextOffset) reading.advanceTo(context.nextOffset);
    return context;
  }

  private fail(error: Error): void {
    if (this.stopping) {
      this.say('error', `failed while stopping: ${error.message}`);
      return;
    }
    this.stopping = true;
    this.options.onFatal(error);
  }

  /** kafkajs would log what a listener throws, and go on without it. */
  private tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.fail(error as Error);
    }
  }

  private withoutPrefix(assignment: Record<string, number[]>): PartitionsByTopic {
    return Object.fromEntries(
      Object.entries(assignment).map(([topic, numbers]) => [
        topic.slice(this.options.topicPrefix.length),
        numbers,
      ]),
    );
  }

  private say(level: 'log' | 'warn' | 'error', what: string): void {
    this.logger[level](`group ${this.options.config.groupId}: ${what}`);
  }
}

/** kafkajs fetches again at once when nothing was resolved; this is what keeps it from spinning until it has rejoined. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
