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

/**
 * How long each server stays away. 20 s are enough for every timeout and pause of the worker's to come up: 5 s to connect, up to
 * 10 s between tries. OUTAGE_SECONDS=600 is the ten minutes that the service promises to wait out.
 */
const AWAY_MS = Number(process.env.OUTAGE_SECONDS ?? 20) * 1_000;
/** The service's own promise: consuming again so soon after the return. */
const CONSUMING_WITHIN_MS = 30_000;

jest.setTimeout(600_000 + 4 * AWAY_MS);

/** Servers of this test's own, since they are killed, and one worker that must outlive them all. It has production's timeouts. */
describe('Kafka and PostgreSQL, killed and stopped while a worker is behind', () => {
  const [dataSet] = dataSets();
  const dataDir = mkdtempSync(join(tmpdir(), 'conversation-tasks-servers-'));
  const [first, first2, afterKafka, second, third, fourth, afterPostgres] = inParts(
    recordsOf(dataSet!),
    7,
  ) as [
    OutgoingRecord[],
    OutgoingRecord[],
    OutgoingRecord[],
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
    worker = await deployment.startWorker({ env: { BATCH_SIZE: String(batchSize), LOG_LEVEL: 'warn' } });
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
  async function inMidRun(records: OutgoingRecord[], tries = 5): Promise<void> {
    const before = await recordsApplied(deployment);
    await publish(records);
    let applied = before;
    while (applied === before && !worker.exit) {
      await pause(5);
      applied = await recordsApplied(deployment);
    }
    expect(applied).toBeGreaterThan(before);
    // The worker was through before this process, on a busy machine, had looked: sent again, they change nothing and take their time.
    if (applied === published && tries > 1) return inMidRun(records, tries - 1);
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

  /** Resolves when a probe says this of a check: false, that it fails. */
  async function ready(check: string, ok: boolean): Promise<void> {
    for (;;) {
      const { body } = await worker.probe('/health/ready');
      if (worker.exit) throw worker.failure('ended by itself');
      if (JSON.parse(body || '{}').checks?.[check]?.ok === ok) return;
      await pause(200);
    }
  }

  /** Resolves when a probe is answered with 200. */
  async function readyAgain(): Promise<void> {
    while ((await worker.probe('/health/ready')).status !== 200) {
      if (worker.exit) throw worker.failure('ended by itself');
      await pause(200);
    }
  }

  /**
   * Milliseconds from now, when the server has just come back, until the worker has applied something more. It gets more, since it
   * may be through with what it had: a server that is told to stop goes on for a while.
   */
  async function consumesAgain(what: string, more: OutgoingRecord[]): Promise<number> {
    const returned = performance.now();
    const before = await recordsApplied(deployment);
    const publishing = brokerAnswers().then(() => publish(more));
    while ((await recordsApplied(deployment)) === before) {
      if (worker.exit) throw worker.failure('ended by itself');
      await pause(20);
    }
    const took = Math.round(performance.now() - returned);
    await publishing;
    console.log(`${what} was away for ${AWAY_MS / 1_000} s: consuming again ${took} ms after it answered`);
    return took;
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

  test('given a Kafka that is away, the worker is not ready, waits, and consumes within 30 s of the return', async () => {
    await inMidRun(first2);
    await kafka.stop();
    await ready('broker', false);
    await pause(AWAY_MS);
    expect([worker.exit, (await worker.probe('/health/live')).status]).toEqual([null, 200]);
    await kafka.restart();
    expect(await consumesAgain('Kafka', afterKafka)).toBeLessThan(CONSUMING_WITHIN_MS);
    await readyAgain();
    await brokerAnswers();
    await expectCaughtUp();
  });

  test('given a PostgreSQL that is killed in mid-run and comes back, the worker goes on by itself', async () => {
    await inMidRun(second);
    await postgres.kill9();
    await postgres.restart();
    await expectCaughtUp();
  });

  test('given a PostgreSQL that is away while events keep coming, they wait, nothing moves, and within 30 s of the return it goes on', async () => {
    await inMidRun(third);
    await postgres.stop();
    const offsetsNow = async (): Promise<unknown> =>
      deployment.admin.fetchOffsets({ groupId: deployment.groupId });
    await publish(fourth);
    await pause(2_000); // commits of what was stored before may have been on their way
    const before = await offsetsNow();
    await ready('database', false);
    await pause(AWAY_MS);
    expect({ worker: worker.exit, offsets: await offsetsNow(), deadLetters: await deadLetters() }).toEqual({
      worker: null,
      offsets: before,
      deadLetters: 0,
    });
    expect((await worker.probe('/health/live')).status).toBe(200);
    await postgres.restart();
    expect(await consumesAgain('PostgreSQL', afterPostgres)).toBeLessThan(CONSUMING_WITHIN_MS);
    await readyAgain();
    await expectCaughtUp();
  });

  test('all of it leads to the same as if nothing had happened', async () => {
    expect(await resultOf(deployment)).toEqual(faultFreeResult(dataSet!));
  });
});
