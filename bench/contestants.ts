import { join } from 'node:path';
import { NodeProcess, type TestDeployment } from '#libs/testing';
import { projectRoot } from '#libs/stack';

/** One process that turns the events of a deployment's topics into rows and activities. */
export interface Contestant {
  name: string;
  /** What it is, in a few words: whoever reads the table should be able to tell whether it was hobbled. */
  how: string;
  /** Its share of the events: a slow one gets fewer, and rates are compared. */
  share: number;
  start(deployment: Pick<TestDeployment, 'env' | 'database'>): NodeProcess;
}

/** Compiles the project's TypeScript as it is loaded, for programs that are not part of the build. */
const TYPESCRIPT = join(projectRoot(), 'test', 'stack', 'register.cjs');

export const SERVICE: Contestant = {
  name: 'service',
  how: 'this product’s worker as it is started in production; 4 transactions at once, pool of 10 + 4',
  share: 1,
  start: ({ env }) =>
    new NodeProcess({ program: 'dist/apps/worker/src/main.js', env: { ...env, LOG_LEVEL: 'warn' } }),
};

const CEILING: Contestant = {
  name: 'ceiling',
  how: 'bare eachBatch, bare unnest, bare produce; no rules, no lock, no identity asked for; 4 partitions at once, pool of 10',
  share: 1,
  start: ({ env, database }) =>
    new NodeProcess({
      program: 'bench/ceiling/main.ts',
      preload: [TYPESCRIPT],
      // As the owner: row-level security costs it nothing.
      env: { ...env, CEILING_DATABASE_URL: database.ownerUrl },
    }),
};

const PEER: Contestant = {
  name: 'peer',
  how: 'Nest’s Kafka transport, one TypeORM transaction a message, ClientKafka.emit; 12 partitions at once, pool of 15',
  share: 1 / 30,
  start: ({ env }) => new NodeProcess({ program: 'bench/peer/main.ts', preload: [TYPESCRIPT], env }),
};

/** In a round all of them, and each round another one first. */
export const CONTESTANTS: readonly Contestant[] = [SERVICE, CEILING, PEER];
