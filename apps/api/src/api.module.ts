import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, Reflector } from '@nestjs/core';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { type Kafka } from 'kafkajs';
import { Logger, LoggerModule } from 'nestjs-pino';
import { type Registry } from 'prom-client';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { type DataSource } from 'typeorm';
import { shardOf } from '#libs/domain';
import { createKafka } from '#libs/messaging';
import {
  createInstruments,
  type Instruments,
  METRICS_REGISTRY,
  MeteredShardStore,
  OtlpTracing,
} from '#libs/observability';
import {
  applicationConnection,
  checkDatabase,
  ConversationReader,
  DatabaseProbe,
  DeploymentStore,
  FlowReader,
  FlowStore,
  InputPositionStore,
  LogNotifications,
  OutcomeReader,
  PostgresShardStore,
  TaskLists,
  TaskReader,
  TenantReader,
  WorkforceReader,
} from '#libs/persistence';
import { KeyedQueue, RequestDesk, TenantDirectory } from '#libs/processing';
import { type ApiSettings } from '#libs/settings';
import { ApiHealth } from './api.health';
import { apiLogging } from './api.logging';
import { TokenVerifier } from './auth/token.verifier';
import { CONTROLLERS } from './controllers';
import { DryRuns } from './flows/dry.runs';
import { endpointsOf } from './http/endpoint';
import { Gate } from './http/gate';
import { ProblemFilter } from './http/problem.filter';
import { ServedMethods } from './http/served.methods';
import { DocsController } from './openapi/docs.controller';
import { opsConnection, opsProviders } from './ops/ops.providers';
import { feedConnection, streamProviders } from './stream/stream.providers';
import { TaskRequests } from './tasks/task.requests';
import { INSTRUMENTS, KAFKA, SETTINGS, TRACING } from './tokens';
import { WorkforcePublisher } from './workforce/workforce.publisher';

/** A burst may take as much as this many seconds allow. */
const BURST_SECONDS = 2;

/** The API: everything is wired here, and nothing is decided. */
@Module({})
export class ApiModule {
  static with(settings: ApiSettings, registry: Registry): DynamicModule {
    const { databaseUrl: url, databasePool: poolSize, tracesUrl } = settings;
    // Before anything else: a key that cannot be used is said at once.
    const verifier = new TokenVerifier(settings.jwt);
    return {
      module: ApiModule,
      imports: [
        LoggerModule.forRoot({ pinoHttp: apiLogging(settings.logLevel) }),
        TypeOrmModule.forRoot(applicationConnection({ url, poolSize })),
        feedConnection(url),
        opsConnection(url),
      ],
      controllers: [...CONTROLLERS, DocsController],
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: METRICS_REGISTRY, useValue: registry },
        { provide: INSTRUMENTS, useFactory: () => createInstruments(registry) },
        {
          provide: TRACING,
          inject: [Logger],
          useFactory: async (logger: Logger): Promise<OtlpTracing | null> =>
            tracesUrl === null
              ? null
              : OtlpTracing.start({ url: tracesUrl, serviceName: 'conversation-tasks-api' }, logger),
        },
        { provide: TokenVerifier, useValue: verifier },
        {
          provide: RateLimiterMemory,
          useFactory: () =>
            new RateLimiterMemory({ points: settings.rateLimit * BURST_SECONDS, duration: BURST_SECONDS }),
        },
        {
          provide: APP_GUARD,
          inject: [Reflector, TokenVerifier, RateLimiterMemory],
          useFactory: (reflector: Reflector, tokens: TokenVerifier, limiter: RateLimiterMemory) =>
            new Gate(reflector, tokens, limiter),
        },
        {
          provide: APP_FILTER,
          inject: [Logger],
          useFactory: (logger: Logger) =>
            new ProblemFilter(logger, new ServedMethods(CONTROLLERS.flatMap(endpointsOf))),
        },
        ...[
          TaskReader,
          TaskLists,
          ConversationReader,
          FlowReader,
          FlowStore,
          OutcomeReader,
          TenantReader,
          WorkforceReader,
          DeploymentStore,
        ].map((reader) => ({
          provide: reader,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new reader(dataSource),
        })),
        {
          provide: LogNotifications,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new LogNotifications(dataSource, url),
        },
        { provide: TenantDirectory, useFactory: () => new TenantDirectory() },
        {
          provide: RequestDesk,
          inject: [getDataSourceToken(), DeploymentStore, TenantDirectory, LogNotifications, INSTRUMENTS],
          useFactory: async (
            dataSource: DataSource,
            deployments: DeploymentStore,
            directory: TenantDirectory,
            notifications: LogNotifications,
            instruments: Instruments,
          ) => {
            await checkDatabase(dataSource);
            const { shards } = await deployments.load();
            const store = new PostgresShardStore(dataSource, (ms) =>
              instruments.lockWait.observe(ms / 1_000),
            );
            return new RequestDesk({
              store: new MeteredShardStore(store, instruments),
              directory,
              queue: new KeyedQueue(),
              shardOf: (conversationId) => shardOf(conversationId, shards),
              now: () => new Date().toISOString(),
              committed: (shard) => notifications.notify(shard),
            });
          },
        },
        {
          provide: TaskRequests,
          inject: [RequestDesk, TaskReader, ConversationReader],
          useFactory: (desk: RequestDesk, tasks: TaskReader, conversations: ConversationReader) =>
            new TaskRequests(desk, tasks, conversations),
        },
        {
          provide: KAFKA,
          inject: [Logger],
          useFactory: (logger: Logger) => {
            const { kafkaBrokers: brokers } = settings;
            // Whoever waits for an answer is told soon that the broker is away.
            return createKafka({ brokers, clientId: 'conversation-tasks-api', retries: 2 }, logger);
          },
        },
        {
          provide: WorkforcePublisher,
          inject: [KAFKA, getDataSourceToken()],
          useFactory: (kafka: Kafka, dataSource: DataSource) =>
            new WorkforcePublisher(kafka, settings.topicPrefix, new InputPositionStore(dataSource)),
        },
        {
          provide: DryRuns,
          inject: [TenantReader, OutcomeReader, TenantDirectory],
          useFactory: (tenants: TenantReader, outcomes: OutcomeReader, directory: TenantDirectory) =>
            new DryRuns(tenants, outcomes, directory),
        },
        ...streamProviders(settings),
        ...opsProviders(settings),
        { provide: ApiHealth, useFactory: () => new ApiHealth(new DatabaseProbe(url)) },
      ],
    };
  }
}
