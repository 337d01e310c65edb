import { type Kafka } from 'kafkajs';
import { type DataSource } from 'typeorm';
import { allocateProducerId } from '#libs/messaging';
import { DeploymentStore } from '#libs/persistence';
import { DEFAULT_SHARDS } from '#libs/settings';
import { CliError, EXIT } from '../cli.error';
import { databaseNameOf, withDataSource } from '../connections';
import { ensureDatabase, ensureSchema } from './database';
import { ensureContractTopics } from './topics';

export interface MigrateOptions {
  kafka: Kafka;
  topicPrefix: string;
  /** The application's. */
  databaseUrl: string;
  /** The owner's, of the same database. */
  ownerUrl: string;
  /** What `SHARDS` says; null when it says nothing. */
  shards: number | null;
}

/** What was done now; all empty when everything was there. */
export interface MigrateReport {
  databaseCreated: boolean;
  migrations: string[];
  topics: string[];
  shards: number;
  /** Whether shards and producer id were stored now. */
  deploymentStored: boolean;
}

const LOCK = `hashtext('conversation-tasks migrate')`;

/**
 * Brings database and topics to what this release needs. Safe to run again, by several at once, and while workers run.
 *
 * @throws CliError when something is there that is not as it must be; nothing that exists is changed then.
 */
export async function migrate(options: MigrateOptions): Promise<MigrateReport> {
  const { databaseUrl, ownerUrl } = options;
  if (databaseNameOf(databaseUrl) !== databaseNameOf(ownerUrl)) {
    throw new CliError(
      'DATABASE_URL and MIGRATE_DATABASE_URL must name the same database',
      undefined,
      EXIT.usage,
    );
  }
  const databaseCreated = await ensureDatabase(ownerUrl);
  return withDataSource({ url: ownerUrl }, (owner) =>
    oneAtATime(owner, async () => {
      const migrations = await ensureSchema(owner, databaseUrl);
      return { databaseCreated, migrations, ...(await ensureDeployment(owner, options)) };
    }),
  );
}

/** Topics first, then what is stored about them: a run that ended in between is simply run again. */
async function ensureDeployment(owner: DataSource, { kafka, topicPrefix, shards: wanted }: MigrateOptions) {
  const store = new DeploymentStore(owner);
  const stored = await store.find();
  if (stored && wanted !== null && wanted !== stored.shards) throw shardsAreFixed(wanted, stored.shards);
  const shards = stored?.shards ?? wanted ?? DEFAULT_SHARDS;
  const topics = await ensureContractTopics(kafka, topicPrefix, shards);
  if (!stored) await store.create({ shards, ...(await allocateProducerId(kafka)) });
  return { shards, topics, deploymentStored: !stored };
}

export function shardsAreFixed(wanted: number, stored: number): CliError {
  return new CliError(
    `SHARDS is ${wanted}, but this deployment was made with ${stored}`,
    `The number is fixed when the topics are made: unset SHARDS or set it to ${stored}`,
    EXIT.usage,
  );
}

/** Two that migrate at once would run each migration twice: the second waits here. */
async function oneAtATime<T>(owner: DataSource, work: () => Promise<T>): Promise<T> {
  const connection = owner.createQueryRunner();
  try {
    await connection.query('set lock_timeout = 0');
    await connection.query(`select pg_advisory_lock(${LOCK})`);
    return await work();
  } finally {
    // The data source ends with this, and a lock with its connection.
    await connection.query(`select pg_advisory_unlock(${LOCK})`).catch(() => undefined);
    await connection.release();
  }
}
