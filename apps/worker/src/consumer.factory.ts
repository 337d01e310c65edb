import { Inject, Injectable } from '@nestjs/common';
import { type Kafka } from 'kafkajs';
import { Logger } from 'nestjs-pino';
import { CONVERSATION_TOPICS, WORKFORCE_TOPIC } from '#libs/contracts';
import { offsetToReach, KafkaBatchStrategy, type PartitionsByTopic } from '#libs/messaging';
import { InputLag, type Instruments } from '#libs/observability';
import { InputPositionStore } from '#libs/persistence';
import { type Settings } from '#libs/settings';
import { CONVERSATION_EVENTS } from './conversation-events.controller';
import { InputLagWatch } from './input-lag.watch';
import { LogPublisher } from './log.publisher';
import { TimeKeeper } from './time.keeper';
import { INSTRUMENTS, KAFKA, SETTINGS } from './tokens';
import { WORKFORCE } from './workforce.controller';

/** So that a rebalance is noticed soon. */
const MOST_BETWEEN_HEARTBEATS_MS = 1_000;
/** What they cause shares transactions, and those are what `CONCURRENCY` bounds. */
const ALL_OF_A_FETCH = 1_000;
const LOOK_AGAIN_MS = 100;
const CONVERSATIONS = Object.values(CONVERSATION_TOPICS);
const BROKER_AGAIN_MS = 2_000;

/** The transport: which groups the worker joins, in which order, and what follows the assignment. */
@Injectable()
export class ConsumerFactory {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(KAFKA) private readonly kafka: Kafka,
    private readonly positions: InputPositionStore,
    private readonly publisher: LogPublisher,
    @Inject(INSTRUMENTS) private readonly instruments: Instruments,
    private readonly lag: InputLag,
    private readonly lagWatch: InputLagWatch,
    private readonly timeKeeper: TimeKeeper,
    private readonly logger: Logger,
  ) {}

  /**
   * @param onFatal told what no waiting will cure.
   * @param onReady told, once, that the worker has joined its groups.
   */
  create(onFatal: (error: Error) => void, onReady: () => void): KafkaBatchStrategy {
    const { settings, publisher } = this;
    let ready = false;
    return new KafkaBatchStrategy({
      brokers: settings.kafkaBrokers,
      clientId: 'conversation-tasks',
      groupId: settings.kafkaGroupId,
      topicPrefix: settings.topicPrefix,
      sessionTimeout: settings.kafkaSessionTimeoutMs,
      heartbeatInterval: Math.min(MOST_BETWEEN_HEARTBEATS_MS, settings.kafkaSessionTimeoutMs / 4),
      positions: this.positions,
      partitionsConsumedConcurrently: ALL_OF_A_FETCH,
      logger: this.logger,
      onWait: (pauseMs) => this.instruments.outageWait.inc({ system: 'broker' }, pauseMs / 1_000),
      onFatal,
      subscriptions: [
        {
          pattern: WORKFORCE,
          onAssignment: (partitions) => this.#assigned('workforce', [WORKFORCE_TOPIC], partitions),
          onRevoked: () => this.lag.assign([WORKFORCE_TOPIC], {}),
        },
        {
          pattern: CONVERSATION_EVENTS,
          beforeConsuming: () => this.#workforceIsRead(),
          // Whoever has partition n of the calls' topic relays shard n and keeps its time: the group shares that out, and moves it on.
          onAssignment: (partitions) => {
            this.#assigned('conversation-events', CONVERSATIONS, partitions);
            const shards = partitions[CONVERSATION_TOPICS.call] ?? [];
            publisher.assign(shards, onFatal);
            this.timeKeeper.assign(shards);
            if (!ready) onReady();
            ready = true;
          },
          onRevoked: () => {
            this.lag.assign(CONVERSATIONS, {});
            publisher.assign([], onFatal);
            this.timeKeeper.assign([]);
          },
        },
      ],
    });
  }

  #assigned(
    group: 'conversation-events' | 'workforce',
    topics: string[],
    partitions: PartitionsByTopic,
  ): void {
    this.instruments.rebalances.inc({ group });
    this.lag.assign(topics, partitions);
    this.lagWatch.start();
  }

  /**
   * Resolves once the workforce, as the topic has it now, was applied by whichever worker reads it: a conversation's first event
   * must find the people it names.
   */
  async #workforceIsRead(): Promise<void> {
    const end = await this.#workforceEnd();
    for (let looks = 1; ; looks += 1) {
      const position = await this.positions.load(WORKFORCE_TOPIC, 0).catch(() => null);
      if (end === 0n || (position && BigInt(position.nextOffset) >= end)) return;
      if (looks % 50 === 0) this.logger.log(`waiting until the workforce topic is read to offset ${end}`);
      await pause(LOOK_AGAIN_MS);
    }
  }

  /** The offset the workforce topic ends at, 0 when it holds nothing; waits for the broker as long as it takes. */
  async #workforceEnd(): Promise<bigint> {
    for (;;) {
      try {
        return await offsetToReach(this.kafka, this.settings.topicPrefix, WORKFORCE_TOPIC);
      } catch (error) {
        this.logger.warn(
          `waiting for Kafka, and for the topic ${WORKFORCE_TOPIC}, which 'migrate' makes: ${(error as Error).message}`,
        );
        await pause(BROKER_AGAIN_MS);
      }
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
