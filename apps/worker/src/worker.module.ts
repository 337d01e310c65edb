import { type DynamicModule, Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { type Kafka } from 'kafkajs';
import { Logger, LoggerModule } from 'nestjs-pino';
import { type DataSource } from 'typeorm';
import { TASK_ACTIVITY_TOPIC, TASK_REJECTIONS_TOPIC } from '#libs/contracts';
import { type Instant, shardOf } from '#libs/domain';
import { createIntake } from '#libs/intake';
import { createKafka, FencedLogWriter, KafkaDeadLetters } from '#libs/messaging';
import {
  checkDatabase,
  dataSourceOptions,
  DeploymentStore,
  InputPositionStore,
  isWorthRetrying,
  LogNotifications,
  operatorRoleOf,
  PostgresLogSource,
  PostgresShardStore,
  WorkforceStore,
} from '#libs/persistence';
import { KeyedQueue, type ProcessingPorts, TenantDirectory } from '#libs/processing';
import { type Settings } from '#libs/settings';
import { ConsumerFactory } from './consumer.factory';
import { ConversationEventsController } from './conversation-events.controller';
import { LogPublisher } from './log.publisher';
import { KAFKA, PROCESSING, SETTINGS } from './tokens';
import { WorkforceController } from './workforce.controller';

/** The connection that reads every tenant's log, under the operator's role. */
const OPERATOR = 'operator';

/** The worker: consumes, applies, relays. Everything is wired here, and nothing is decided. */
@Module({})
export class WorkerModule {
  static with(settings: Settings): DynamicModule {
    const { databaseUrl: url, databasePool: poolSize, topicPrefix, logLevel } = settings;
    const operatorRole = operatorRoleOf(decodeURIComponent(new URL(url).username));
    const connection = {
      retryAttempts: Number.MAX_SAFE_INTEGER,
      retryDelay: 1_000,
      toRetry: isWorthRetrying,
    };
    return {
      module: WorkerModule,
      imports: [
        LoggerModule.forRoot({
          pinoHttp: { level: logLevel, base: { service: 'conversation-tasks-worker' } },
        }),
        TypeOrmModule.forRoot({ ...dataSourceOptions({ url, poolSize }), ...connection }),
        TypeOrmModule.forRootAsync({
          name: OPERATOR,
          inject: [getDataSourceToken()],
          // The check comes before anything takes the operator's role, which a database that is not migrated does not have.
          useFactory: async (dataSource: DataSource) => {
            await checkDatabase(dataSource);
            return {
              ...dataSourceOptions({ url, poolSize: 4, role: operatorRole }),
              ...connection,
              name: OPERATOR,
            };
          },
        }),
      ],
      controllers: [WorkforceController, ConversationEventsController],
      providers: [
        { provide: SETTINGS, useValue: settings },
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
          provide: KafkaDeadLetters,
          inject: [KAFKA, Logger],
          useFactory: (kafka: Kafka, logger: Logger) => new KafkaDeadLetters(kafka, { topicPrefix }, logger),
        },
        {
          provide: LogPublisher,
          inject: [getDataSourceToken(OPERATOR), KAFKA, DeploymentStore, LogNotifications, Logger],
          useFactory: (
            dataSource: DataSource,
            kafka: Kafka,
            identity: DeploymentStore,
            notifications: LogNotifications,
            logger: Logger,
          ) =>
            new LogPublisher(
              new PostgresLogSource(dataSource),
              new FencedLogWriter({
                kafka,
                identity,
                topics: {
                  activity: topicPrefix + TASK_ACTIVITY_TOPIC,
                  rejection: topicPrefix + TASK_REJECTIONS_TOPIC,
                },
              }),
              notifications,
              settings.pollMs,
              logger,
            ),
        },
        {
          provide: PROCESSING,
          inject: [getDataSourceToken(), DeploymentStore, KafkaDeadLetters, LogPublisher],
          useFactory: async (
            dataSource: DataSource,
            deployments: DeploymentStore,
            deadLetters: KafkaDeadLetters,
            publisher: LogPublisher,
          ): Promise<ProcessingPorts> => {
            const { shards } = await deployments.load();
            return {
              intake: createIntake(),
              store: new PostgresShardStore(dataSource),
              deadLetters,
              directory: new TenantDirectory(),
              queue: new KeyedQueue(),
              shardOf: (conversationId) => shardOf(conversationId, shards),
              now: (): Instant => new Date().toISOString(),
              committed: (shard) => publisher.announce(shard),
            };
          },
        },
        ConsumerFactory,
      ],
    };
  }
}
