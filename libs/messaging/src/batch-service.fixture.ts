import { Controller, Inject, Module } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { NestFactory } from '@nestjs/core';
import { BatchContext, type PartitionBatch } from './batch.context';
import { BatchPattern } from './batch.decorator';
import { KafkaBatchStrategy, type KafkaBatchOptions } from './kafka-batch.strategy';
import { MemoryLogger, MemoryPositions, testBrokers } from './messaging.fixture';

/** What a test's handler does with a batch. */
export type Work = (batch: PartitionBatch, context: BatchContext) => Promise<void>;

const WORK = Symbol('work');

@Controller()
class EventsController {
  constructor(@Inject(WORK) private readonly work: Work) {}

  @BatchPattern('conversation-events', { topics: ['events'] })
  async handle(@Payload() batch: PartitionBatch, @Ctx() context: BatchContext): Promise<void> {
    await this.work(batch, context);
  }
}

@Controller()
class WorkforceController {
  constructor(@Inject(WORK) private readonly work: Work) {}

  @BatchPattern('workforce', { topics: ['workforce'], groupSuffix: '.workforce' })
  async handle(@Payload() batch: PartitionBatch, @Ctx() context: BatchContext): Promise<void> {
    await this.work(batch, context);
  }
}

/** A worker as in production, a Nest microservice on the strategy, with a test's handler. */
export class BatchService {
  readonly logger = new MemoryLogger();
  readonly fatal: Error[] = [];
  readonly strategy: KafkaBatchStrategy;
  private app?: { close(): Promise<void> };

  constructor(
    readonly prefix: string,
    private readonly work: Work,
    options: Partial<KafkaBatchOptions> = {},
  ) {
    this.strategy = new KafkaBatchStrategy({
      brokers: testBrokers(),
      clientId: 'messaging-test',
      groupId: `${prefix}group`,
      topicPrefix: prefix,
      subscriptions: [{ pattern: 'conversation-events' }],
      positions: new MemoryPositions(),
      onFatal: (error) => this.fatal.push(error),
      logger: this.logger,
      sessionTimeout: 6_000,
      rebalanceTimeout: 10_000,
      heartbeatInterval: 500,
      maxWaitTimeInMs: 50,
      ...options,
    });
  }

  /** Begins to consume. */
  async start(controllers: 'events' | 'both' = 'events'): Promise<this> {
    const own = controllers === 'both' ? [EventsController, WorkforceController] : [EventsController];

    @Module({ controllers: own, providers: [{ provide: WORK, useValue: this.work }] })
    class TestModule {}

    const app = await NestFactory.createMicroservice(TestModule, { strategy: this.strategy, logger: false });
    await app.listen();
    this.app = app;
    return this;
  }

  async close(): Promise<void> {
    await this.app?.close();
  }
}
