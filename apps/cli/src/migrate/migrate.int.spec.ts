import { randomBytes } from 'node:crypto';
import { type Admin } from 'kafkajs';
import { ensureTopics } from '#libs/messaging';
import { createDataSource, DeploymentStore, operatorRoleOf } from '#libs/persistence';
import { testServerUrl } from '#libs/testing';
import { dropTopics, testKafka, uniquePrefix } from '../cli.fixture';
import { roleOf, withDataSource } from '../connections';
import { migrate, type MigrateOptions } from './migrate';
import { checkMigrated } from './migrate.check';
import { topicSpecs } from './topics';

jest.setTimeout(120_000);

const kafka = testKafka();
const made: MigrateOptions[] = [];

/** A deployment whose database, role and topics do not exist yet. */
function aDeployment(shards: number | null = 3): MigrateOptions {
  const name = `ct_${randomBytes(6).toString('hex')}`;
  const [ownerUrl, appUrl] = [new URL(testServerUrl()), new URL(testServerUrl())];
  ownerUrl.pathname = appUrl.pathname = `/${name}`;
  [appUrl.username, appUrl.password] = [`${name}_app`, 'pw'];
  const options = {
    kafka,
    topicPrefix: uniquePrefix(),
    databaseUrl: appUrl.href,
    ownerUrl: ownerUrl.href,
    shards,
  };
  made.push(options);
  return options;
}

async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  return work(admin).finally(() => admin.disconnect());
}

afterAll(async () => {
  const server = createDataSource({ url: testServerUrl(), poolSize: 1 });
  await server.initialize();
  for (const { databaseUrl, topicPrefix } of made) {
    const role = roleOf(databaseUrl).name;
    await dropTopics(kafka, topicPrefix);
    await server.query(`drop database if exists ${new URL(databaseUrl).pathname.slice(1)} with (force)`);
    await server.query(`drop role if exists ${operatorRoleOf(role)}, ${role}`);
  }
  await server.destroy();
});

describe('migrate', () => {
  test('given nothing, then it makes database, tables, roles and topics; given all that, then nothing more', async () => {
    const options = aDeployment();
    const first = await migrate(options);
    expect(first).toMatchObject({ databaseCreated: true, shards: 3, deploymentStored: true });
    expect(first.migrations.length).toBeGreaterThan(0);
    expect(first.topics).toHaveLength(7);
    expect(await checkMigrated(options)).toEqual([]);
    const stored = await withDataSource({ url: options.databaseUrl }, (db) => new DeploymentStore(db).load());

    const nothing = { databaseCreated: false, migrations: [], topics: [], deploymentStored: false };
    expect(await migrate(options)).toMatchObject(nothing);
    expect(await migrate({ ...options, shards: null })).toMatchObject({ ...nothing, shards: 3 });
    expect(
      await withDataSource({ url: options.databaseUrl }, (db) => new DeploymentStore(db).load()),
    ).toEqual(stored);
  });

  test('given the topics it made, then each has the contract’s partitions and settings', async () => {
    const options = aDeployment(2);
    await migrate(options);
    const { created, differences } = await ensureTopics(kafka, options.topicPrefix, topicSpecs(2));
    expect([created, differences]).toEqual([[], []]);
    const names = await withAdmin((admin) => admin.listTopics());
    expect(names.filter((name) => name.startsWith(options.topicPrefix))).toHaveLength(7);
  });

  test('given three at once on nothing, then one does it and all succeed', async () => {
    const options = aDeployment();
    const reports = await Promise.all([migrate(options), migrate(options), migrate(options)]);
    expect(reports.filter(({ databaseCreated }) => databaseCreated)).toHaveLength(1);
    expect(reports.filter(({ migrations }) => migrations.length > 0)).toHaveLength(1);
    expect(reports.filter(({ topics }) => topics.length > 0)).toHaveLength(1);
    expect(reports.filter(({ deploymentStored }) => deploymentStored)).toHaveLength(1);
    expect(await checkMigrated(options)).toEqual([]);
  });

  test('given another number of shards than stored, then it refuses, naming both', async () => {
    const options = aDeployment(3);
    await migrate(options);
    await expect(migrate({ ...options, shards: 4 })).rejects.toThrow(
      'SHARDS is 4, but this deployment was made with 3',
    );
    expect(await checkMigrated({ ...options, shards: 4 })).toEqual([expect.stringContaining('SHARDS is 4')]);
  });

  test('given topics that are not as they must be, then topic and property are named, and they stay as they are', async () => {
    const options = aDeployment(3);
    const [calls, ...others] = topicSpecs(3);
    await ensureTopics(kafka, options.topicPrefix, [
      { ...calls!, partitions: 5 },
      { ...others[0]!, config: { ...others[0]!.config, 'retention.ms': '1000' } },
    ]);
    const refused = migrate(options);
    await expect(refused).rejects.toThrow(
      `${options.topicPrefix}conversation-events.call has 5 partitions, not 3`,
    );
    await expect(refused).rejects.toThrow(
      `${options.topicPrefix}conversation-events.message has retention.ms=1000, not 604800000`,
    );
    expect(await checkMigrated(options)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('has 5 partitions'),
        expect.stringContaining('retention.ms=1000'),
      ]),
    );
  });

  test('given --check on nothing, then it says what is missing and makes nothing', async () => {
    const options = aDeployment();
    const findings = await checkMigrated(options);
    expect(findings.filter((finding) => finding.includes('is missing'))).toHaveLength(7);
    expect(findings).toHaveLength(8);
    const names = await withAdmin((admin) => admin.listTopics());
    expect(names.filter((name) => name.startsWith(options.topicPrefix))).toEqual([]);
  });

  test('given one role or two databases in the two URLs, then it refuses before it makes anything of it', async () => {
    const options = aDeployment();
    await expect(migrate({ ...options, databaseUrl: options.ownerUrl })).rejects.toThrow('the same role');
    const other = new URL(options.databaseUrl);
    other.pathname = '/another';
    await expect(migrate({ ...options, databaseUrl: other.href })).rejects.toThrow('the same database');
  });
});
