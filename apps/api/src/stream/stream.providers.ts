import { type DynamicModule, type Provider } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { Logger } from 'nestjs-pino';
import { type DataSource } from 'typeorm';
import { type Instruments } from '#libs/observability';
import {
  ActivityReader,
  DeploymentStore,
  LogNotifications,
  OPERATOR,
  operatorConnection,
} from '#libs/persistence';
import { type ApiSettings } from '#libs/settings';
import { INSTRUMENTS } from '../tokens';
import { ActivityFeed } from './activity.feed';
import { ActivityStreams } from './activity.streams';

/** The feed reads one thing after the other. */
const OPERATOR_POOL = 1;

/** The connection that reads every tenant's log. */
export function feedConnection(url: string): DynamicModule {
  return TypeOrmModule.forRootAsync({
    name: OPERATOR,
    inject: [getDataSourceToken()],
    useFactory: (application: DataSource) =>
      operatorConnection(application, { url, poolSize: OPERATOR_POOL }),
  });
}

/** What the live stream is made of. */
export function streamProviders({
  databaseUrl,
  pollMs,
  streamsPerCaller: perCaller,
}: ApiSettings): Provider[] {
  return [
    {
      provide: ActivityStreams,
      inject: [getDataSourceToken(), getDataSourceToken(OPERATOR), DeploymentStore, INSTRUMENTS, Logger],
      useFactory: async (
        dataSource: DataSource,
        operator: DataSource,
        deployments: DeploymentStore,
        instruments: Instruments,
        logger: Logger,
      ) => {
        const { shards } = await deployments.load();
        const log = new ActivityReader(dataSource, operator);
        const feed = new ActivityFeed({ log, shards, pollMs, logger });
        // Its own: it is closed before the requests under way are answered, which tell of what they commit.
        const notifications = new LogNotifications(dataSource, databaseUrl);
        return new ActivityStreams(feed, log, { shards, perCaller }, notifications, instruments, logger);
      },
    },
  ];
}
