import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type OutgoingRecord } from '#libs/messaging';
import { type NativeKafka, type NativePostgres, startNativeKafka, startNativePostgres } from '#libs/stack';
import { TestDeployment, type WorkerProcess } from '#libs/testing';
import { dataSets } from './support/data-set';
import { faultFreeResult, recordsApplied, resultOf } from './support/fault-free-result';
import { inParts, recordsOf } from './support/records';
import { shortestSessionTimeout } from './support/session-timeout';

jest.setTimeout(300_000);

/** Long enough for every timeout and pause of the worker's to come up: 5 s to connect, 5 s between tries. */
const DATABASE_AWAY_MS = 20_000;

/** Servers of this test's own, since they are killed, and one worker that must outlive them all. */
describe('Kafka and PostgreSQL, killed and stopped while a worker is behind', () => {
  const [dataSet] = dataSets();
  const dataDir = mkdtempSync(join(tmpdir(), 'conversation-tasks-servers-'));
  const [first, second, third, fourth] = inParts(recordsOf(dataSet!), 4) as [
    OutgoingRecord[],
    OutgoingRecord[],
    OutgoingRecord[],
    OutgoingRecord[],
  ];
  /** Small transactions, about 200 a part, so that there is time to be in the middle. */
  const batchSize = Math.max(1, Math.floor(first.length / 200));
  let kafka: NativeKafka;
  let postgres: NativePostgres;
  let deployment: TestDeployment;
  let worker: WorkerProcess;
  let published = 0;

  beforeAll(async () => {
    [kafka, postgres] = await Promise.all([
      startNativeKafka({ dataDir: join(dataDir, 'kafka') }),
      startNativePostgres({ dataDir: join(dataDir, 'postgres') }),
    ]);
    deployment = await TestDeployment.create({ brokers: kafka.brokers, databaseServerUrl: postgres.url });
    const sessionTimeout = String(await shortestSessionTimeout(deployment.admin));
    worker = await deployment.startWorker({
      env: { KAFKA_SESSION_TIMEOUT_MS: sessionTimeout, BATCH_SIZE: String(batchSize), LOG_LEVEL: 'warn' },
    });
    await deployment.mustCli(['workforce', 'apply', dataSet!.workforce, '--tenant', dataSet!.tenant]);
    await deployment.mustCli(['flows', 'apply', dataSet!.flows, '--tenant', dataSet!.tenant]);
  });
  afterAll(async () => {
    await deployment?.close();
    await Promise.all([kafka?.stop(), postgres?.stop()]);
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });

  async function publish(records: OutgoingRecord[]): Promise<void> {
    await deployment.publish(records);
    published += records.length;
  }

  /** Publishes and resolves when some of it, and not all, has been applied: then something is under way. */
  async function inMidRun(records: OutgoingRecord[]): Promise<void> {
    const before = await recordsApplied(deployment);
    await publish(records);
    let applied = before;
    while (applied === before && !worker.exit) {
      await pause(5);
      applied = await recordsApplied(deployment);
    }
    expect(applied).toBeGreaterThan(before);
    expect(applied).toBeLessThan(published);
  }

  async function deadLetters(): Promise<number> {
    return (await deployment.endOffsets('task-dead-letters')).reduce((sum, end) => sum + end, 0);
  }

  /** A broker that has just come back does not know yet which groups it coordinates, and says so to the test's own client. */
  async function brokerAnswers(): Promise<void> {
    for (;;) {
      try {
        await deployment.lag();
        return;
      } catch {
        await pause(100);
      }
    }
  }

  /** The same worker runs, everything published has been applied, and nothing was dead-lettered for it. */
  async function expectCaughtUp(): Promise<void> {
    await deployment.drained();
    expect({
      worker: worker.exit,
      applied: await recordsApplied(deployment),
      deadLetters: await deadLetters(),
    }).toEqual({ worker: null, applied: published, deadLetters: 0 });
  }

  test('given a broker that is killed in mid-run and comes back, the worker goes on by itself', async () => {
    await inMidRun(first);
    await kafka.kill9();
    await kafka.restart();
    await brokerAnswers();
    await expectCaughtUp();
  });

  test('given a PostgreSQL that is killed in mid-run and comes back, the worker goes on by itself', async () => {
    await inMidRun(second);
    await postgres.kill9();
    await postgres.restart();
    await expectCaughtUp();
  });

  test('given a PostgreSQL that is away while events keep coming, they wait, and nothing moves', async () => {
    await inMidRun(third);
    await postgres.stop();
    const offsetsNow = async (): Promise<unknown> =>
      deployment.admin.fetchOffsets({ groupId: deployment.groupId });
    await publish(fourth);
    await pause(2_000); // commits of what was stored before may have been on their way
    const before = await offsetsNow();
    await pause(DATABASE_AWAY_MS);
    expect({ worker: worker.exit, offsets: await offsetsNow(), deadLetters: await deadLetters() }).toEqual({
      worker: null,
      offsets: before,
      deadLetters: 0,
    });
    await postgres.restart();
    await expectCaughtUp();
  });

  test('all of it leads to the same as if nothing had happened', async () => {
    expect(await resultOf(deployment)).toEqual(faultFreeResult(dataSet!));
  });
});
