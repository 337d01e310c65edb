import { type Provider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { DeploymentStore, InputPositionStore, PostgresLogSource } from '#libs/persistence';
import { type ApiSettings } from '#libs/settings';
import { KAFKA } from '../tokens';
import { LagReader } from './lag.reader';

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
  ];
}
