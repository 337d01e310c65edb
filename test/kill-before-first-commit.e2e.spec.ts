import { join } from 'node:path';
import { projectRoot } from '#libs/stack';
import { TestDeployment } from '#libs/testing';
import { createData, recordOf } from './support/events';
import { shortestSessionTimeout } from './support/session-timeout';

jest.setTimeout(180_000);

const POINT = 'between database and offset commit';

describe('a worker that is killed before the first offset of a partition is committed, with nothing more to come', () => {
  let deployment: TestDeployment;
  beforeAll(async () => {
    deployment = await TestDeployment.create();
  });
  afterAll(() => deployment?.close());

  test('leaves a lag that the next one settles, though there is nothing to read', async () => {
    await deployment.publish([recordOf({ data: createData() })]);
    const env = { KAFKA_SESSION_TIMEOUT_MS: String(await shortestSessionTimeout(deployment.admin)) };
    const preload = [join(projectRoot(), 'test', 'fault', 'kill-at.cjs')];
    const killed = deployment.spawnWorker({ preload, env: { ...env, KILL_AT: POINT } });
    expect((await killed.exited).signal).toBe('SIGKILL');

    await deployment.startWorker({ env });
    await deployment.drained();
    expect(await deployment.rowCounts()).toMatchObject({ task: 1, applied_event: 1 });
  });
});
