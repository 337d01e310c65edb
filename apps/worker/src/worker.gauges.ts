import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { type DataSource } from 'typeorm';
import { type Instruments, whenScraped } from '#libs/observability';
import { OPERATOR, poolUse } from '#libs/persistence';
import { LogPublisher } from './log.publisher';
import { INSTRUMENTS } from './tokens';

/** What is so at the moment when somebody asks: connections, and how far the relay is behind. */
@Injectable()
export class WorkerGauges {
  constructor(
    @Inject(INSTRUMENTS) { poolConnections, relayDistance }: Instruments,
    @Inject(getDataSourceToken()) application: DataSource,
    @Inject(getDataSourceToken(OPERATOR)) operator: DataSource,
    publisher: LogPublisher,
  ) {
    whenScraped(poolConnections, () => {
      for (const [pool, dataSource] of Object.entries({ application, operator }))
        for (const [state, count] of Object.entries(poolUse(dataSource)))
          poolConnections.set({ pool, state }, count);
    });
    whenScraped(relayDistance, () => {
      relayDistance.reset();
      for (const { log, shard, entries } of publisher.distances())
        relayDistance.set({ log, shard: String(shard) }, entries);
    });
  }
}
