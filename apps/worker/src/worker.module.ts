import { type DynamicModule, Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { type Kafka } from 'kafkajs';
import { Logger, LoggerModule } from 'nestjs-pino';
import { type Registry } from 'prom-client';
import { type DataSource } from 'typeorm';
import {
  CONVERSATION_TOPICS,
  TASK_ACTIVITY_TOPIC,
  TASK_DEAD_LETTERS_TOPIC,
  TASK_REJECTIONS_TOPIC,
  WORKFORCE_GROUP_SUFFIX,
  WORKFORCE_TOPIC,
} from '#libs/contracts';
import { type Instant, shardOf } from '#libs/domain';
import { createIntake } from '#libs/intake';
import {
  BrokerProbe,
  createKafka,
  createProbingKafka,
  FencedLogWriter,
  GroupOffsetsReader,
  KafkaDeadLetters,
} from '#libs/messaging';
import {
  type Instruments,
  logOptions,
  METRICS_REGISTRY,
  MeteredDeadLetters,
  MeteredLogTopic,
  MeteredShardStore,
  type OtlpTracing,
  TracedLogTopic,
} from '#libs/observability';
import {
  applicationConnection,
  DatabaseProbe,
  DeploymentStore,
  InputPositionStore,
  LogNotifications,
  OPERATOR,
  operatorConnection,
  PostgresTaskFinder,
  PostgresLogSource,
  PostgresShardStore,
  PostgresTimerSource,
  WorkforceStore,
} from '#libs/persistence';
import {
  type ConsequencePorts,
  type DeadLetters,
  KeyedQueue,
  type ProcessingPorts,
  SharedTransactions,
  TenantDirectory,
} from '#libs/processing';
import { type Settings } from '#libs/settings';
import { ConsumerFactory } from './consumer.factory';
import { ConversationEventsController } from './conversation-events.controller';
import { StoredInputProgress } from './input.progress';
import { LogPublisher } from './log.publisher';
import { observationProviders } from './observation.providers';
import { TimeKeeper } from './time.keeper';
import { timerClock } from './timer.clock';
import { CONSEQUENCES, DEAD_LETTERS, INSTRUMENTS, KAFKA, PROCESSING, SETTINGS, TRACING } from './tokens';
import { WorkerWatch } from './worker.watch';
import { WorkforceController } from './workforce.controller';

/** The relay's logs, timers, and what the workforce means for tasks. */
const OPERATOR_POOL = 4;

/** The worker: consumes, applies, relays, keeps time. Everything is wired here, and nothing is decided. */
@Module({})
export class WorkerModule {
  static with(settings: Settings, registry: Registry): DynamicModule {
    const { databaseUrl: url, databasePool: poolSize, topicPrefix, logLevel } = settings;
    return {
      module: WorkerModule,
      imports: [
        LoggerModule.forRoot({
          pinoHttp: logOptions(logLevel, 'conversation-tasks-worker'),
        }),
        TypeOrmModule.forRoot(applicationConnection({ url, poolSize })),
        TypeOrmModule.forRootAsync({
          name: OPERATOR,
          inject: [getDataSourceToken()],
          useFactory: (application: DataSource) =>
            operatorConnection(application, { url, poolSize: OPERATOR_POOL }),
        }),
      ],
      controllers: [WorkforceController, ConversationEventsController],
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: METRICS_REGISTRY, useValue: registry },
        {
          provide: KAFKA,
          inject: [Logger],
          useFactory: (logger: Logger) =>
            createKafka({ brokers: settings.kafkaBrokers, clientId: 'conversation-tasks' }, logger),
        },
        {
          provide: DeploymentStore,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new DeploymentStore(dataSource),
        },
        {
          provide: InputPositionStore,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new InputPositionStore(dataSource),
        },
        {
          provide: WorkforceStore,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new WorkforceStore(dataSource),
        },
        {
          provide: LogNotifications,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new LogNotifications(dataSource, url),
        },
        {
          provide: DEAD_LETTERS,
          inject: [KAFKA, INSTRUMENTS, Logger],
          useFactory: (kafka: Kafka, instruments: Instruments, logger: Logger): DeadLetters =>
            new MeteredDeadLetters(new KafkaDeadLetters(kafka, { topicPrefix }, logger), instruments),
        },
        {
          provide: LogPublisher,
          inject: [
            getDataSourceToken(OPERATOR),
            KAFKA,
            DeploymentStore,
            LogNotifications,
            INSTRUMENTS,
            TRACING,
            Logger,
          ],
          useFactory: (
            dataSource: DataSource,
            kafka: Kafka,
            identity: DeploymentStore,
            notifications: LogNotifications,
            instruments: Instruments,
            tracing: OtlpTracing | null,
            logger: Logger,
          ) => {
            const topics = {
              activity: topicPrefix + TASK_ACTIVITY_TOPIC,
              rejection: topicPrefix + TASK_REJECTIONS_TOPIC,
            };
            const writer = new FencedLogWriter({ kafka, identity, topics });
            const metered = new MeteredLogTopic(writer, instruments);
            return new LogPublisher(
              new PostgresLogSource(dataSource),
              tracing ? new TracedLogTopic(metered, tracing.tracer) : metered,
              () => writer.close(),
              notifications,
              settings.pollMs,
              logger,
            );
          },
        },
        {
          provide: PROCESSING,
          inject: [getDataSourceToken(), DeploymentStore, DEAD_LETTERS, LogPublisher, INSTRUMENTS],
          useFactory: async (
            dataSource: DataSource,
            deployments: DeploymentStore,
            deadLetters: DeadLetters,
            publisher: LogPublisher,
            instruments: Instruments,
          ): Promise<ProcessingPorts> => {
            const { shards } = await deployments.load();
            instruments.shards.set(shards);
            const store = new PostgresShardStore(dataSource, (ms) =>
              instruments.lockWait.observe(ms / 1_000),
            );
            return {
              intake: createIntake(),
              store: new SharedTransactions(new MeteredShardStore(store, instruments), {
                atOnce: settings.concurrency,
              }),
              deadLetters,
              directory: new TenantDirectory(),
              queue: new KeyedQueue(),
              shardOf: (conversationId) => shardOf(conversationId, shards),
              now: (): Instant => new Date().toISOString(),
              committed: (shard) => publisher.announce(shard),
            };
          },
        },
        {
          provide: CONSEQUENCES,
          inject: [PROCESSING, getDataSourceToken(OPERATOR)],
          useFactory: (processing: ProcessingPorts, operator: DataSource): ConsequencePorts => ({
            ...processing,
            tasks: new PostgresTaskFinder(operator),
          }),
        },
        {
          provide: TimeKeeper,
          inject: [PROCESSING, getDataSourceToken(OPERATOR), InputPositionStore, KAFKA, INSTRUMENTS, Logger],
          useFactory: (
            processing: ProcessingPorts,
            operator: DataSource,
            positions: InputPositionStore,
            kafka: Kafka,
            instruments: Instruments,
            logger: Logger,
          ) => {
            const reader = new GroupOffsetsReader(kafka, { groupId: settings.kafkaGroupId, topicPrefix });
            const ports = {
              ...processing,
              timers: new PostgresTimerSource(operator),
              inputs: new StoredInputProgress(reader, positions),
              clock: timerClock(settings.timerClockFile),
            };
            return new TimeKeeper(ports, () => reader.close(), instruments, logger);
          },
        },
        ...observationProviders(settings),
        { provide: DatabaseProbe, useFactory: () => new DatabaseProbe(url) },
        {
          provide: BrokerProbe,
          inject: [Logger],
          useFactory: (logger: Logger) =>
            new BrokerProbe(createProbingKafka(settings.kafkaBrokers, logger), {
              topicPrefix,
              groupIds: [settings.kafkaGroupId, `${settings.kafkaGroupId}${WORKFORCE_GROUP_SUFFIX}`],
              inputs: [WORKFORCE_TOPIC, ...Object.values(CONVERSATION_TOPICS)],
              outputs: [TASK_ACTIVITY_TOPIC, TASK_REJECTIONS_TOPIC, TASK_DEAD_LETTERS_TOPIC],
            }),
        },
        ConsumerFactory,
        WorkerWatch,
      ],
    };
  }
}
