import { DataSource, type DataSourceOptions } from 'typeorm';
import * as conversation from './entities/conversation.entities';
import * as deployment from './entities/deployment.entities';
import * as log from './entities/log.entities';
import * as operation from './entities/operation.entities';
import * as task from './entities/task.entities';
import * as tenant from './entities/tenant.entities';
import { Spine1790000000000 } from './migrations/1790000000000-spine';
import { Operations1790100000000 } from './migrations/1790100000000-operations';
import { Timers1790200000000 } from './migrations/1790200000000-timers';
import { Requests1790400000000 } from './migrations/1790400000000-requests';
import { TaskLists1790500000000 } from './migrations/1790500000000-task-lists';
import { TaskSearch1790600000000 } from './migrations/1790600000000-task-search';
import { UnusuallyDue1790700000000 } from './migrations/1790700000000-unusually-due';
import { UncommonWords1790800000000 } from './migrations/1790800000000-uncommon-words';
import { TenantsAlike1790900000000 } from './migrations/1790900000000-tenants-alike';
import { Rebuild1790300000000 } from './migrations/1790300000000-rebuild';

/** What a connection to PostgreSQL needs to know. */
export interface DatabaseSettings {
  url: string;
  /** Connections at most. */
  poolSize?: number;
  /** A role every connection takes before anything else, such as the operator's. */
  role?: string;
  applicationName?: string;
  /** For `migrate` and `verify`, which read whole tables and may last: none of the limits on time, and every plan. */
  unhurried?: boolean;
}

/**
 * How long a holder of a shard's lock may stand still before the database ends it, so that a process stopped in mid-transaction
 * (SIGSTOP, a lost network) does not stop a shard (invariant 2). Milliseconds.
 */
const TIMEOUTS = {
  lock_timeout: 10_000,
  idle_in_transaction_session_timeout: 10_000,
  transaction_timeout: 30_000,
};

/** A worker looks rows up by key and never reads a table: see `lookUp`. Compiling such a statement costs more than running it. */
const KEYED_PLANS = { enable_seqscan: 'off', enable_bitmapscan: 'off', jit: 'off' };

/** Seconds, and a count: a peer that is gone is noticed within half a minute. */
const KEEPALIVES = {
  tcp_keepalives_idle: 10,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 3,
};

/** TypeORM's options for this product's database: never synchronized, changed by migrations alone. */
export function dataSourceOptions({
  url,
  poolSize = 10,
  role,
  applicationName = 'conversation-tasks',
  unhurried = false,
}: DatabaseSettings): DataSourceOptions {
  const settings = {
    ...KEEPALIVES,
    ...(!unhurried && { ...TIMEOUTS, ...KEYED_PLANS }),
    ...(role && { role }),
  };
  return {
    type: 'postgres',
    url,
    poolSize,
    applicationName,
    synchronize: false,
    migrationsRun: false,
    migrationsTransactionMode: 'each',
    entities: [deployment, tenant, conversation, task, log, operation].flatMap((module) =>
      Object.values(module),
    ),
    migrations: [
      Spine1790000000000,
      Operations1790100000000,
      Timers1790200000000,
      Rebuild1790300000000,
      Requests1790400000000,
      TaskLists1790500000000,
      TaskSearch1790600000000,
      UnusuallyDue1790700000000,
      UncommonWords1790800000000,
      TenantsAlike1790900000000,
    ],
    connectTimeoutMS: 5_000,
    extra: {
      keepAlive: true,
      // Statements that do not wait for one another are sent together (ADR 33).
      pipeline: true,
      // Given at connection start, so that no statement is spent on them.
      options: Object.entries(settings)
        .map(([name, value]) => `-c ${name}=${String(value).replace(/[\\ ]/g, '\\$&')}`)
        .join(' '),
    },
  };
}

/** A data source that is not connected yet. */
export function createDataSource(settings: DatabaseSettings): DataSource {
  return new DataSource(dataSourceOptions(settings));
}
