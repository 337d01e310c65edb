import { type DynamicModule, type Provider } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { type Kafka } from 'kafkajs';
import { Logger } from 'nestjs-pino';
import { type DataSource } from 'typeorm';
import {
  DeadLetterResultStore,
  DeploymentStore,
  InputPositionStore,
  OperationStore,
  operatorConnection,
  PostgresLogSource,
} from '#libs/persistence';
import { type ApiSettings } from '#libs/settings';
import { KAFKA } from '../tokens';
import { TenantDeadLetters } from './dead.letters';
import { DeadLetterOperations } from './dead.letters.operations';
import { LagReader } from './lag.reader';
import { LettersOpener } from './letters.opener';
import { TenantReplays } from './tenant.replays';

/** Its own, so that no operator's question holds up the live stream. */
const OPS = 'ops';
const OPS_POOL = 2;

/** The connection under the operator's role for operators' routes, which keep the audit. */
export function opsConnection(url: string): DynamicModule {
  return TypeOrmModule.forRootAsync({
    name: OPS,
    inject: [getDataSourceToken()],
    useFactory: async (application: DataSource) => ({
      ...(await operatorConnection(application, { url, poolSize: OPS_POOL })),
      name: OPS,
    }),
  });
}

/** What operators' routes are made of. */
export function opsProviders(settings: ApiSettings): Provider[] {
  return [
    {
      provide: LagReader,
      inject: [KAFKA, getDataSourceToken(), DeploymentStore],
      useFactory: (kafka: Kafka, dataSource: DataSource, deployments: DeploymentStore) =>
        new LagReader(
          kafka,
          {
            positions: new InputPositionStore(dataSource),
            logs: new PostgresLogSource(dataSource),
            deployments,
          },
          settings,
        ),
    },
    {
      provide: TenantDeadLetters,
      inject: [KAFKA, getDataSourceToken(OPS)],
      useFactory: (kafka: Kafka, operator: DataSource) =>
        new TenantDeadLetters(
          new LettersOpener(kafka, settings.topicPrefix),
          new DeadLetterResultStore(operator),
        ),
    },
    {
      provide: OperationStore,
      inject: [getDataSourceToken(OPS)],
      useFactory: (operator: DataSource) => new OperationStore(operator),
    },
    {
      provide: TenantReplays,
      inject: [OperationStore, KAFKA, getDataSourceToken(), Logger],
      useFactory: (operations: OperationStore, kafka: Kafka, app: DataSource, logger: Logger) =>
        new TenantReplays({ ...settings, kafka, app, operations, logger }),
    },
    {
      provide: DeadLetterOperations,
      inject: [TenantDeadLetters, KAFKA, getDataSourceToken(), getDataSourceToken(OPS), Logger],
      useFactory: (
        letters: TenantDeadLetters,
        kafka: Kafka,
        app: DataSource,
        operator: DataSource,
        logger: Logger,
      ) =>
        new DeadLetterOperations(letters, {
          kafka,
          topicPrefix: settings.topicPrefix,
          app,
          operator,
          logger,
        }),
    },
  ];
}
