import { type LoggerService } from '@nestjs/common';
import { type Consumer, type ConsumerConfig, type EachBatchPayload, type Kafka } from 'kafkajs';
import { type AssignmentListener, Generation, type PartitionsByTopic } from './assignment';
import { BatchContext, type BatchContextParts, type PartitionBatch, StaleBatchError } from './batch.context';
import { isBrokerOutage, reasonOf } from './kafka.errors';
import { OffsetCommits } from './offset.commits';
import { PartitionPlacement, type PlacementOwner } from './partition.placement';
import { type PartitionReading } from './partition.reading';
import { leaveAs } from './past.member';
import { type GroupProgress } from './group.progress';
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
  /** Told of what no handler sees and nobody else will therefore store as read; asked again when it throws. */
  passOver(topic: string, partition: number, nextOffset: string): Promise<void>;
  /** Told before each pause in which it waits for Kafka. */
  onWait?(pauseMs: number): void;
  /** Called once, with what no waiting will cure. The consumer takes nothing more; `stop` it. */
  onFatal(error: Error): void;
}

/** Beside about 3 s of kafkajs' own tries: what a broker's return may go unnoticed. */
const LONGEST_PAUSE_MS = 5_000;

/**
 * One member of one group, kept alive: joins, places its partitions, hands batches on, and when Kafka is away begins anew for
 * ever. Nothing escapes a handler into kafkajs (which would retry it for ever) except kafkajs' own errors, which make it rejoin.
 */
export class GroupConsumer {
  private generation: Generation | null = null;
  private placement: PartitionPlacement | null = null;
  /** What handlers have a batch of. */
  private readonly inHand = new Set<PartitionReading>();
  /** Whom the group may still take for a member, though its consumer has crashed. */
  private pastMember: string | null = null;
  private stopping = false;
  private loop: Promise<void> = Promise.resolve();
  private leave: () => void = () => undefined;
  private readonly pause = new GrowingPause(250, LONGEST_PAUSE_MS);

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

  /** How its partitions get on; looked up, nobody is asked. */
  progress(): GroupProgress {
    const { generation, placement } = this;
    const isJoined = generation !== null && !generation.ended;
    const own = isJoined ? Object.entries(generation.assignment) : [];
    const partitions = own.flatMap(([topic, numbers]) =>
      numbers.map((partition) => {
        const reading = placement?.readingOf(topic, partition);
        const nextOffset = reading?.nextOffset ?? null;
        const isInHand = !reading || this.inHand.has(reading);
        return { topic, partition, nextOffset, isInHand, steps: reading?.steps ?? 0 };
      }),
    );
    return { groupId: this.options.config.groupId, isStarted: true, isJoined, partitions };
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
        this.options.onWait?.(this.pause.nextMs);
        this.say('warn', `waiting for Kafka, again in ${this.pause.nextMs} ms: ${reasonOf(error)}`);
      }
      await this.pause.take();
    }
  }

  /** Resolves when told to stop; throws what kafkajs gave up on. */
  private async consumeUntilCrash(): Promise<void> {
    const consumer = this.kafka.consumer(this.options.config);
    const { CRASH, END_BATCH_PROCESS, GROUP_JOIN, HEARTBEAT, REBALANCING } = consumer.events;
    const crashed = new Promise<Error>((resolve) => {
      consumer.on(CRASH, ({ payload }) => {
        resolve(payload.error);
      });
    });
    consumer.on(GROUP_JOIN, ({ payload }) => {
      this.pastMember = payload.memberId;
      this.joined(consumer, this.withoutPrefix(payload.memberAssignment));
    });
    consumer.on(REBALANCING, () => {
      // Sent before the member joins again, which ends what it may commit; who has the partitions next reads less again.
      void this.lastCommit();
      this.generation?.end();
    });
    consumer.on(HEARTBEAT, () => this.heartbeatAnswered(consumer));
    consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0) this.passedOver(payload);
    });
    const told = new Promise<null>((resolve) => (this.leave = () => resolve(null)));
    try {
      await this.leaveAsBefore();
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
      await Promise.race([crashed, this.handlersEnded()]);
      await this.lastCommit();
    } finally {
      await this.disconnect(consumer);
      this.generation?.end();
      this.generation = null;
      this.placement = null;
    }
  }

  private async handlersEnded(): Promise<void> {
    while (this.inHand.size > 0) await breathe();
  }

  private async lastCommit(): Promise<void> {
    await this.placement?.commits
      .flush()
      .catch((error: Error) => this.say('warn', `last offsets not committed: ${error.message}`));
  }

  private async leaveAsBefore(): Promise<void> {
    if (this.pastMember === null) return;
    try {
      await leaveAs(this.kafka, this.options.config.groupId, this.pastMember);
    } catch (error) {
      if (isBrokerOutage(error)) throw error;
      this.say('warn', `waits for the session of a member that it was to end: ${(error as Error).message}`);
    }
    this.pastMember = null;
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
  private joined(consumer: Consumer, own: PartitionsByTopic): void {
    this.generation?.end();
    const generation = new Generation(own, () => this.tell(() => this.options.onRevoked?.()));
    this.generation = generation;
    this.pause.reset();
    this.say('log', `joined: ${JSON.stringify(own)}`);
    const { topicPrefix, startPositions } = this.options;
    const owner: PlacementOwner = {
      isOver: () => generation.ended || this.stopping,
      passOver: (...passed) => this.options.passOver(...passed),
      onFatal: (error) => this.fail(error),
      onWait: (what) => this.say('warn', what),
    };
    const commits = new OffsetCommits(consumer, topicPrefix, owner);
    this.placement = new PartitionPlacement(consumer, topicPrefix, startPositions, commits, owner);
    void this.placement.place(own);
    this.tell(() => this.options.onAssignment?.(own));
  }

  /**
   * The group takes this member for one. When it refused a heartbeat before, as a coordinator does that has just started, kafkajs
   * should have joined again; but of all that a fetch's batches threw it heard one error, and that was the lost connection.
   */
  private heartbeatAnswered(consumer: Consumer): void {
    const { generation } = this;
    if (generation?.ended && this.inHand.size === 0 && !this.stopping)
      this.joined(consumer, generation.assignment);
  }

  /** A fetch of nothing that handlers see, such as an aborted transaction and its marker: kafkajs goes on behind it by itself. */
  private passedOver(batch: {
    topic: string;
    partition: number;
    firstOffset: string;
    lastOffset: string;
  }): void {
    const topic = batch.topic.slice(this.options.topicPrefix.length);
    const reading = this.placement?.readingOf(topic, batch.partition);
    // What does not continue was jumped to: it must be seen, and placed again.
    if (reading && batch.firstOffset !== null && reading.continuesAt(BigInt(batch.firstOffset)))
      void this.placement?.passOver(topic, batch.partition, batch.lastOffset);
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

    this.inHand.add(reading);
    const context = await this.deliver(payload, topic, { reading, generation, commits: placement.commits });
    this.inHand.delete(reading);
    // Not ours any more: kafkajs has seen to it already.
    if (context?.failure && !(context.failure instanceof StaleBatchError)) throw context.failure;
  }

  private async deliver(
    payload: EachBatchPayload,
    topic: string,
    own: Pick<BatchContextParts, 'reading' | 'generation' | 'commits'>,
  ): Promise<BatchContext | null> {
    const { partition, messages, highWatermark } = payload.batch;
    let context: BatchContext | null = null;
    try {
      const records = own.reading.admit(messages.map((message) => rawRecordOf(topic, partition, message)));
      if (records.length === 0) {
        payload.resolveOffset(messages.at(-1)!.offset);
        void this.placement?.passOver(topic, partition, payload.batch.lastOffset());
        return null;
      }
      const nextOffset = String(BigInt(payload.batch.lastOffset()) + 1n);
      const batch: PartitionBatch = { topic, partition, records, highWatermark, nextOffset };
      context = new BatchContext({ ...own, batch, payload, isStopping: () => this.stopping });
      await this.options.handle(batch, context);
    } catch (error) {
      if (context && !context.isRunning()) this.say('log', `gave ${topic}-${partition} up: ${String(error)}`);
      else this.fail(error instanceof Error ? error : new Error(String(error), { cause: error }));
    }
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
