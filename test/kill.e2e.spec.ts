import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { projectRoot } from '#libs/stack';
import { isDrained, type ServiceOptions, type TestDeployment, type WorkerProcess } from '#libs/testing';
import { dataSets } from './support/data-set';
import { faultFreeResult, recordsApplied, resultOf, unreadRecords } from './support/fault-free-result';
import { deploymentFor } from './support/play';
import { inParts, recordsOf } from './support/records';
import { shortestSessionTimeout } from './support/session-timeout';

jest.setTimeout(600_000);

const KILL_AT = join(projectRoot(), 'test', 'fault', 'kill-at.cjs');
const FROM_OUTSIDE = 'at any moment, from outside';
/** Where the way of an event is cut; see fault/kill-at.cjs. */
const POINTS = [
  'between database and offset commit',
  'between produce and the next look',
  'before the database commit',
  FROM_OUTSIDE,
  'between database and offset commit',
  'between produce and the next look',
  'before the relay produces',
  'after the offset commit',
];
const KILLS = 24;

interface Kill {
  point: string;
  signal: NodeJS.Signals | null;
  /** Whether the worker said, just before, that it was at the point. */
  atPoint: boolean;
  /** Records the group had not committed. Nobody reads or publishes between the kill and this look. */
  lag: number;
  /** Records that were applied, and whose offsets were not committed: they come again. */
  appliedAhead: number;
}

describe('a worker that is killed (SIGKILL) again and again while it is behind', () => {
  const [dataSet] = dataSets();
  const parts = inParts(recordsOf(dataSet!), KILLS + 1);
  const kills: Kill[] = [];
  let deployment: TestDeployment;
  let settings: Record<string, string>;

  beforeAll(async () => {
    deployment = await deploymentFor(dataSet!);
    await deployment.stopWorkers();
    settings = {
      // A killed member's partitions are free only when its session ends.
      KAFKA_SESSION_TIMEOUT_MS: String(await shortestSessionTimeout(deployment.admin)),
      // Many transactions, hence many places to be killed at, and work left over for the next one: about 30 a part.
      BATCH_SIZE: String(Math.max(1, Math.floor(parts[0]!.length / 30))),
      LOG_LEVEL: 'warn',
    };
    for (let i = 0; i < KILLS; i += 1) {
      // Publishing goes on between the kills, faster than a worker that is killed every time can follow.
      await deployment.publish(parts[i]!);
      kills.push(await killAt(POINTS[i % POINTS.length]!, 1 + (i % 3)));
    }
    await deployment.publish(parts[KILLS]!);
    await deployment.startWorker({ env: { ...settings, BATCH_SIZE: '500' } });
    await deployment.drained();
    await deployment.stopWorkers();
  });
  afterAll(() => deployment?.close());

  /** Starts a worker, has it killed at a point when it gets there for the `times`th time, and looks at what it left. */
  async function killAt(point: string, times: number): Promise<Kill> {
    const worker = deployment.spawnWorker(optionsFor(point, times));
    await (point === FROM_OUTSIDE ? killInMidRun(worker) : diesBeforeItIsThrough(worker, point));
    const { signal } = await worker.exited;
    if (signal !== 'SIGKILL') throw worker.failure('ended, and not by the kill');
    const atPoint = point === FROM_OUTSIDE || worker.log.includes(`killed at ${point}\n`);
    const lag = await unreadRecords(deployment);
    const published = parts.slice(0, kills.length + 1).flat().length;
    return {
      point,
      signal,
      atPoint,
      lag,
      appliedAhead: (await recordsApplied(deployment)) - (published - lag),
    };
  }

  function optionsFor(point: string, times: number): ServiceOptions {
    if (point === FROM_OUTSIDE) return { env: settings };
    return { preload: [KILL_AT], env: { ...settings, KILL_AT: point, KILL_ON: String(times) } };
  }

  /** Kills it once it has got somewhere. */
  async function killInMidRun(worker: WorkerProcess): Promise<void> {
    const before = await recordsApplied(deployment);
    while ((await recordsApplied(deployment)) === before && !worker.exit) await pause(5);
    await worker.kill9();
  }

  /** @throws when there is nothing left to do and it still lives: then the test is wrong. */
  async function diesBeforeItIsThrough(worker: WorkerProcess, point: string): Promise<void> {
    while (!worker.exit) {
      await Promise.race([worker.exited, pause(2_000)]);
      if (worker.exit || !isDrained(await deployment.lag())) continue;
      await worker.kill9();
      throw worker.failure(`never came to be ${point}`);
    }
  }

  test('at least 20 times, each time with records unread, at the point that was meant', () => {
    expect(kills.length).toBeGreaterThanOrEqual(20);
    expect(kills.filter(({ lag, signal, atPoint }) => lag <= 0 || signal !== 'SIGKILL' || !atPoint)).toEqual(
      [],
    );
  });

  test('between the database’s commit and the offset’s: what was applied comes again', () => {
    const between = kills.filter(({ point }) => point === 'between database and offset commit');
    expect(between.length).toBeGreaterThanOrEqual(5);
    expect(between.filter(({ appliedAhead }) => appliedAhead <= 0)).toEqual([]);
  });

  test('between the relay’s produce and its next look', () => {
    const between = kills.filter(({ point }) => point === 'between produce and the next look');
    expect(between.length).toBeGreaterThanOrEqual(5);
  });

  test('leads to the same as if nothing had happened: nothing lost, nothing twice, nothing set aside', async () => {
    expect(await resultOf(deployment)).toEqual(faultFreeResult(dataSet!));
  });
});
