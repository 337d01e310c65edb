import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { projectRoot } from '#libs/stack';
import { TestDeployment, type WorkerProcess } from '#libs/testing';
import { createData, recordOf } from './support/events';
import { resultOf } from './support/fault-free-result';
import { shortestSessionTimeout } from './support/session-timeout';

/** How long a stopped worker stays so once another has taken over. STOPPED_SECONDS=120 is what the service promises to stand. */
const STOPPED_MS = Number(process.env.STOPPED_SECONDS ?? 12) * 1_000;

jest.setTimeout(300_000 + STOPPED_MS);

const FAULT = join(projectRoot(), 'test', 'fault', 'kill-at.cjs');
const SHARDS = 4;
/** Events a conversation's channel gets at once. */
const SOME = 60;

let deployment: TestDeployment;
let sessionTimeout: string;
let published = 0;

beforeAll(async () => {
  deployment = await TestDeployment.create({ shards: SHARDS });
  sessionTimeout = String(await shortestSessionTimeout(deployment.admin));
});
afterAll(() => deployment?.close());

/** Creations in conversations of every shard. */
async function publishSome(): Promise<void> {
  const events = [...Array(SOME).keys()].map((n) =>
    recordOf({ subject: `conv-${n}`, data: createData({ title: `Task ${published + n}` }) }),
  );
  await deployment.publish(events);
  published += SOME;
}

function start(env: Record<string, string> = {}, preload: string[] = []): WorkerProcess {
  return deployment.spawnWorker({
    env: { KAFKA_SESSION_TIMEOUT_MS: sessionTimeout, BATCH_SIZE: '10', ...env },
    preload,
  });
}

/** A worker that meets a fault with the third shard's transaction: everything written, nothing committed, the lock held. */
function startWithFault(what: 'hang' | 'SIGSTOP', env: Record<string, string> = {}): WorkerProcess {
  const fault = { KILL_AT: 'before the database commit', KILL_ON: '3', KILL_WITH: what };
  return start({ ...fault, ...env }, [FAULT]);
}

async function faultOf(worker: WorkerProcess): Promise<void> {
  while (!worker.log.includes('killed at')) {
    if (worker.exit) throw worker.failure('ended before its fault');
    await pause(20);
  }
}

/** What a probe of readiness is answered. */
async function readiness(worker: WorkerProcess): Promise<{ status: number; body: string }> {
  return worker.probe('/health/ready');
}

/** Nothing was lost, nothing is there twice, and each position of the topic has its own offset. */
async function expectAllOnce(): Promise<void> {
  const { published: topics, misplaced, verify, rows } = await resultOf(deployment);
  expect({ topics, misplaced, verify, tasks: rows.task }).toEqual({
    topics: { 'task-activity': published, 'task-rejections': 0, 'task-dead-letters': 0 },
    misplaced: [],
    verify: { ok: true, total: 0 },
    tasks: published,
  });
  const ids = (await deployment.records('task-activity')).map(({ headers }) => headers.ce_id);
  expect(new Set(ids).size).toBe(ids.length);
}

describe('a worker whose handler hangs, though Kafka and PostgreSQL answer', () => {
  test('is not ready first, lives on meanwhile, and then ends with 1 and says of what nothing was done', async () => {
    await publishSome();
    // A busy machine joins a group and comes to the third shard in less than half as long again.
    const worker = startWithFault('hang', { STALLED_AFTER_MS: '15000' });
    await faultOf(worker);

    const seen: { status: number; body: string }[] = [];
    while (!worker.exit && !seen.at(-1)?.body.includes('nothing was done')) {
      seen.push(await readiness(worker));
      await pause(100);
    }
    expect(seen.at(-1)).toMatchObject({
      status: 503,
      body: expect.stringContaining('conversation-events.call/'),
    });
    expect(await worker.probe('/health/live')).toMatchObject({ status: 200 });

    expect(await worker.exited).toEqual({ code: 1, signal: null });
    expect(worker.logLines().at(-1)!.msg).toMatch(
      /^stopped: nothing was done of conversation-events\.call\/\d.* for \d+ s, though there is something to do/,
    );
  });

  test('has done no harm: the next one has everything', async () => {
    const next = start();
    await deployment.drained();
    await expectAllOnce();
    expect(await readiness(next)).toMatchObject({ status: 200 });
    expect(await next.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a worker that is stopped (SIGSTOP) in mid-transaction, holding a shard', () => {
  let stopped: WorkerProcess;
  let other: WorkerProcess;

  test('blocks no shard beyond the timeouts: another worker gets everything done', async () => {
    // Ends after 45 s of no progress: more than the 30 s a request to Kafka may take, as one does that was on its way at the stop.
    stopped = startWithFault('SIGSTOP', { STALLED_AFTER_MS: '30000' });
    await stopped.ready();
    await publishSome();
    await faultOf(stopped);
    const at = Date.now();
    other = start();
    await deployment.drained();
    console.log(
      `everything was done ${Date.now() - at} ms after a worker had stopped (session ${sessionTimeout} ms)`,
    );
    await expectAllOnce();
  });

  test('does no harm when it goes on (SIGCONT): nothing is there twice, and both get on', async () => {
    await pause(STOPPED_MS);
    await publishSome();
    stopped.signal('SIGCONT');
    await publishSome();
    await deployment.drained();
    await publishSome();
    await deployment.drained();
    await expectAllOnce();
    for (const worker of [stopped, other]) {
      if (worker.exit) throw worker.failure('ended by itself');
      while ((await readiness(worker)).status !== 200) {
        if (worker.exit) throw worker.failure('ended by itself');
        await pause(200);
      }
    }
    await deployment.stopWorkers();
  });
});
