import { type LoggerService } from '@nestjs/common';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { type Kafka } from 'kafkajs';
import { isObservable, lastValueFrom } from 'rxjs';
import { type InputPositions } from '#libs/processing';
import { type AssignmentListener } from './assignment';
import { type BatchContext, type PartitionBatch } from './batch.context';
import { type SubscriptionExtras } from './batch.decorator';
import { GroupConsumer } from './group.consumer';
import { type GroupProgress } from './group.progress';
import { createKafka } from './kafka.client';
import { StartPositionsReader } from './start-positions.reader';

export interface Subscription extends AssignmentListener {
  /** Of the handler that has the topics and the group's suffix (`@BatchPattern`). */
  pattern: string;
  /** Awaited before its consumer joins, after those of the subscriptions before it were started. A throw is fatal. */
  beforeConsuming?(): Promise<void>;
}

export interface KafkaBatchOptions {
  brokers: string[];
  clientId: string;
  groupId: string;
  /** Put before every topic's name as it is; empty for none. */
  topicPrefix: string;
  /** In the order in which they are started. Every pattern needs its handler, every handler its subscription. */
  subscriptions: Subscription[];
  positions: InputPositions;
  /** Called once, when all has been stopped, with what no waiting will cure: exit with it, there is nothing left to do. */
  onFatal(error: Error): void;
  /** Told before each pause in which a consumer waits for Kafka. */
  onWait?(pauseMs: number): void;
  logger: LoggerService;
  /** Batches worked on at a time in each subscription; default 4. */
  partitionsConsumedConcurrently?: number;
  /** Most bytes of a partition in a fetch; default 1 MiB. A larger single record comes alone. */
  maxBytesPerPartition?: number;
  /** How long an idle fetch waits at the broker; default 100 ms. */
  maxWaitTimeInMs?: number;
  /** A member not heard of for so long is thrown out; default 30,000 ms. */
  sessionTimeout?: number;
  /** How long members have for rejoining; default 60,000 ms. */
  rebalanceTimeout?: number;
  /** Default 1,000 ms, so that a rebalance is noticed soon. */
  heartbeatInterval?: number;
  /** `close` returns after so long even if a handler does not give up; default 15,000 ms. */
  closeTimeout?: number;
}

/**
 * Nest's transport for batches of Kafka partitions: `@BatchPattern` methods get a `PartitionBatch` and a `BatchContext`, and only
 * they move offsets. At least once, in each partition's order. It waits for brokers for ever; whatever a handler throws ends it.
 */
export class KafkaBatchStrategy extends Server implements CustomTransportStrategy {
  private readonly consumers = new Map<Subscription, GroupConsumer>();
  private readonly kafka: Kafka;
  private starting: Promise<void> = Promise.resolve();
  private closing: Promise<void> | null = null;
  private fatal: Error | null = null;

  constructor(private readonly options: KafkaBatchOptions) {
    super();
    const { brokers, clientId, logger } = options;
    // About 3 s: what comes after is GroupConsumer's waiting, which says what it waits for and can be ended.
    this.kafka = createKafka({ brokers, clientId, retries: 5 }, logger);
  }

  /** Calls back once consuming is under way, which does not mean that Kafka has answered yet. */
  override listen(callback: (error?: unknown) => void): void {
    try {
      this.checkHandlers();
    } catch (error) {
      callback(error);
      return;
    }
    this.starting = this.startInOrder();
    callback();
  }

  /** Lets batches finish or give up, leaves the groups. Returns after `closeTimeout` at the latest. Safe to call again. */
  override close(): Promise<void> {
    this.closing ??= this.stopAll();
    return this.closing;
  }

  override on(): never {
    throw new Error('There are no events to listen to: see the subscriptions of KafkaBatchOptions.');
  }

  /** The kafkajs client. */
  override unwrap<T>(): T {
    return this.kafka as T;
  }

  /** What ended it, as soon as it is known: before all has been stopped and `onFatal` was called. */
  get failure(): Error | null {
    return this.fatal;
  }

  /** How each subscription's membership gets on, in their order; looked up, nobody is asked. */
  progress(): GroupProgress[] {
    return this.options.subscriptions.map((subscription) => {
      const groupId = this.groupIdOf(subscription);
      const notStarted = { groupId, isStarted: false, isJoined: false, partitions: [] };
      return this.consumers.get(subscription)?.progress() ?? notStarted;
    });
  }

  private async startInOrder(): Promise<void> {
    for (const subscription of this.options.subscriptions) {
      try {
        await subscription.beforeConsuming?.();
      } catch (error) {
        if (!this.closing) this.fail(error as Error);
        return;
      }
      if (this.closing) return;
      const consumer = this.consumerFor(subscription);
      this.consumers.set(subscription, consumer);
      consumer.start();
    }
  }

  private consumerFor(subscription: Subscription): GroupConsumer {
    const { options } = this;
    const handler = this.messageHandlers.get(subscription.pattern)!;
    const { topics } = handler.extras as SubscriptionExtras;
    const groupId = this.groupIdOf(subscription);
    const config = {
      groupId,
      minBytes: 1,
      maxWaitTimeInMs: options.maxWaitTimeInMs ?? 100,
      maxBytesPerPartition: options.maxBytesPerPartition ?? 1024 * 1024,
      sessionTimeout: options.sessionTimeout ?? 30_000,
      rebalanceTimeout: options.rebalanceTimeout ?? 60_000,
      heartbeatInterval: options.heartbeatInterval ?? 1_000,
      allowAutoTopicCreation: false,
    };
    return new GroupConsumer(
      this.kafka,
      {
        topics,
        topicPrefix: options.topicPrefix,
        config,
        partitionsConsumedConcurrently: options.partitionsConsumedConcurrently ?? 4,
        startPositions: new StartPositionsReader(this.kafka, groupId, options.topicPrefix, options.positions),
        handle: (batch, context) => this.handle(handler, batch, context),
        onAssignment: (partitions) => subscription.onAssignment?.(partitions),
        onRevoked: () => subscription.onRevoked?.(),
        passOver: (...passed) => options.positions.passOver(...passed),
        onWait: (pauseMs) => options.onWait?.(pauseMs),
        onFatal: (error) => this.fail(error),
      },
      options.logger,
    );
  }

  private groupIdOf({ pattern }: Subscription): string {
    const { groupSuffix = '' } = (this.messageHandlers.get(pattern)?.extras ??
      {}) as Partial<SubscriptionExtras>;
    return this.options.groupId + groupSuffix;
  }

  /** Nest gives a promise of a value or of an observable; either's failure is thrown here. */
  private handle(handler: MessageHandler, batch: PartitionBatch, context: BatchContext): Promise<void> {
    const work = async (): Promise<void> => {
      try {
        const result: unknown = await handler(batch, context);
        if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
      } finally {
        this.onProcessingEndHook?.(this.transportId!, context);
      }
    };
    return new Promise((resolve, reject) => {
      this.onProcessingStartHook(this.transportId!, context, () => work().then(resolve, reject));
    });
  }

  private fail(error: Error): void {
    if (this.fatal) return;
    this.fatal = error;
    this.options.logger.error({ msg: 'stopping for good', err: error });
    // Not awaited by the batch that failed: closing waits for it.
    void this.close().then(() => this.options.onFatal(error));
  }

  private async stopAll(): Promise<void> {
    const limit = this.options.closeTimeout ?? 15_000;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), limit)));
    const stopped = Promise.all([...this.consumers.values()].map((consumer) => consumer.stop()));
    if ((await Promise.race([stopped, late])) === 'late') {
      this.options.logger.warn(
        `a batch did not give up within ${limit} ms: leaving it to the group's timeout`,
      );
    }
    clearTimeout(timer);
  }

  private checkHandlers(): void {
    const subscribed = new Set(this.options.subscriptions.map(({ pattern }) => pattern));
    for (const pattern of subscribed) {
      const handler = this.messageHandlers.get(pattern);
      if (!handler) throw new Error(`no handler has the pattern '${pattern}'`);
      if (handler.next)
        throw new Error(`the pattern '${pattern}' has more than one handler: who would commit?`);
      const { topics } = (handler.extras ?? {}) as Partial<SubscriptionExtras>;
      if (!topics?.length) throw new Error(`the handler of '${pattern}' names no topics`);
    }
    for (const pattern of this.messageHandlers.keys()) {
      if (!subscribed.has(pattern)) throw new Error(`the handler of '${pattern}' has no subscription`);
    }
  }
}
