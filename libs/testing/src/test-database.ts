import { randomBytes } from 'node:crypto';
import { type DataSource } from 'typeorm';
import {
  type ApplicationRole,
  createDataSource,
  DeploymentStore,
  migrateSchema,
  operatorRoleOf,
} from '#libs/persistence';

/** A database of a suite's own, on the server of `CT_TEST_DATABASE_URL`. */
export interface TestDatabase {
  /** As the owner: sees everything. */
  ownerUrl: string;
  /** As the application's role. */
  url: string;
  owner: DataSource;
  app: DataSource;
  /** As the operator's role. */
  operator: DataSource;
  drop(): Promise<void>;
}

/** The server every suite makes its database on; jest's global setup starts one. */
export function testServerUrl(): string {
  const url = process.env.CT_TEST_DATABASE_URL;
  if (!url) throw new Error('CT_TEST_DATABASE_URL is not set: run the tests through npm test or npx jest');
  return url;
}

/**
 * Makes a database with roles of its own, since roles belong to the whole server.
 *
 * @param options.migrated whether to bring it to this release's schema, with `shards` shards and an arbitrary producer id.
 * @param options.serverUrl a server other than the one all suites share.
 * @param options.plainOwner whether the owner is to be no superuser, whom row-level security would not hold.
 */
export async function createTestDatabase({
  migrated = true,
  shards = 12,
  serverUrl = testServerUrl(),
  plainOwner = false,
} = {}): Promise<TestDatabase> {
  const name = `ct_${randomBytes(6).toString('hex')}`;
  const role: ApplicationRole = { name: `${name}_app`, password: randomBytes(9).toString('hex') };
  const server = createDataSource({ url: serverUrl, poolSize: 1 });
  await server.initialize();
  const owning: ApplicationRole | null = plainOwner ? { name: `${name}_owner`, password: 'owner' } : null;
  if (owning) await server.query(`create role ${owning.name} login createrole password '${owning.password}'`);
  await server.query(`create database ${name} ${owning ? `owner ${owning.name}` : ''}`);
  const databaseUrl = withDatabase(serverUrl, name);
  const ownerUrl = owning ? withRole(databaseUrl, owning) : databaseUrl;
  const url = withRole(ownerUrl, role);
  const owner = createDataSource({ url: ownerUrl, poolSize: 4 });
  const app = createDataSource({ url, poolSize: 10 });
  const operator = createDataSource({ url, poolSize: 2, role: operatorRoleOf(role.name) });
  await owner.initialize();
  if (migrated) {
    await migrateSchema(owner, role);
    await new DeploymentStore(owner).create({ shards, producerId: '1', epoch: 0 });
    await app.initialize();
    await operator.initialize();
  }
  return {
    ownerUrl,
    url,
    owner,
    app,
    operator,
    async drop() {
      for (const source of [app, operator, owner]) if (source.isInitialized) await source.destroy();
      await server.query(`drop database ${name} with (force)`);
      await server.query(`drop role if exists ${operatorRoleOf(role.name)}, ${role.name}`);
      if (owning) await server.query(`drop role ${owning.name}`);
      await server.destroy();
    },
  };
}

function withDatabase(url: string, database: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.toString();
}

function withRole(url: string, role: ApplicationRole): string {
  const parsed = new URL(url);
  parsed.username = role.name;
  parsed.password = role.password;
  return parsed.toString();
}
