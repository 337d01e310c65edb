import { setTimeout as pause } from 'node:timers/promises';
import { FlowStore } from '#libs/persistence';
import { isDrained, TestDeployment } from '#libs/testing';
import { asMultiset, tasksInDatabase } from './support/created-tasks';
import { dataSets } from './support/data-set';
import { createData, recordOf } from './support/events';
import { agent, BOOKINGS } from './support/office';
import { deploymentFor } from './support/play';

jest.setTimeout(240_000);

describe('a worker refuses to start', () => {
  let deployment: TestDeployment;
  afterEach(() => deployment?.close());

  test('with settings that are missing or bad, and names all of them', async () => {
    deployment = await TestDeployment.create({ migrated: false });
    const worker = deployment.spawnWorker({
      env: { KAFKA_BROKERS: '', DATABASE_URL: 'secret', BATCH_SIZE: 'many' },
    });
    expect((await worker.refused()).code).toBe(2);
    for (const variable of ['KAFKA_BROKERS', 'DATABASE_URL', 'BATCH_SIZE'])
      expect(worker.log).toContain(variable);
    expect(worker.log).not.toContain('secret');
  });

  test('as a superuser or an owner, whom row-level security would not bind', async () => {
    deployment = await TestDeployment.create();
    const worker = deployment.spawnWorker({ env: { DATABASE_URL: deployment.database.ownerUrl } });
    expect((await worker.refused()).code).toBe(1);
    expect(worker.log).toMatch(
      /did not start: DATABASE_URL's role '\w+' (is a superuser|owns the table \w+)/,
    );
    expect(worker.log).toContain('MIGRATE_DATABASE_URL');
    expect(worker.log).not.toContain(new URL(deployment.database.ownerUrl).password || 'no password is said');
  });

  test('on a database that was not migrated', async () => {
    deployment = await TestDeployment.create({ migrated: false });
    const { username, password } = new URL(deployment.database.url);
    await deployment.database.owner.query(`create role ${username} login password '${password}'`);
    const worker = deployment.spawnWorker();
    expect((await worker.refused()).code).toBe(1);
    expect(worker.log).toMatch(
      /did not start: the database lacks migration \w+: run 'npm run cli -- migrate' first/,
    );
  });
});

describe('a worker that starts for the first time', () => {
  let deployment: TestDeployment;
  afterEach(() => deployment?.close());

  test('reads the workforce to its end before its first conversation event', async () => {
    deployment = await TestDeployment.create({ shards: 2 });
    // Many, so that reading them takes longer than reading the first events; the one that is needed comes last.
    const people = [...Array(6_000).keys()].map((n) => agent(`agent-${n}`));
    await deployment.publish([...people, BOOKINGS, agent('zoe')]);
    const assignee = { kind: 'agent', id: 'zoe' };
    const commands = [...Array(20).keys()].map((n) =>
      recordOf({ subject: `conv-${n}`, data: createData({ assignee }) }),
    );
    const outcomes = [...Array(20).keys()].map((n) =>
      recordOf({
        ...{ subject: `conv-${n}`, type: 'conversation.outcome.v1' },
        data: { channel: 'call', flowId: 'f', intent: 'Buy', result: 'failure', slots: {} },
      }),
    );
    const task = { type: 'follow_up', title: 'Call back', priority: 'high', assignee };
    const flow = { id: 'call-back', name: 'Call back', on: { type: 'conversation.outcome.v1' } };
    const definition = { ...flow, nodes: [{ id: 'create', kind: 'create_task', task }] };
    await new FlowStore(deployment.database.app).save('acme', [definition]);
    await deployment.publish([...commands, ...outcomes]);

    await deployment.startWorker();
    await deployment.drained();

    const assignees = await deployment.query(
      `select assignee_id as id, count(*)::int as tasks from task group by assignee_id`,
    );
    expect(assignees).toEqual([{ id: 'zoe', tasks: 40 }]);
    const warned = await deployment.query(
      `select data->'flow'->'warnings' as warnings from activity_log where json_array_length(data->'flow'->'warnings') > 0`,
    );
    expect(warned).toEqual([]);
    expect((await deployment.rowCounts()).rejection_log).toBe(0);
  });
});

describe('a worker that is told to stop in mid-stream', () => {
  const [dataSet] = dataSets();
  let deployment: TestDeployment;

  beforeAll(async () => {
    deployment = await deploymentFor(dataSet!);
    await deployment.stopWorkers();
    await deployment.mustCli(['events', 'publish', dataSet!.events]);
  });
  afterAll(() => deployment?.close());

  test('gives the batch up or finishes it, leaves its groups and exits 0 by itself', async () => {
    // Small batches, one partition at a time: so that there is a middle of the stream.
    const worker = await deployment.startWorker({ env: { BATCH_SIZE: '5', CONCURRENCY: '1' } });
    const some = dataSet!.messages.length / 20;
    while ((await deployment.rowCounts()).conversation_message < some) {
      if (worker.exit) throw worker.failure('ended by itself');
      await pause(20);
    }
    // The worker gives itself 18 s, and exits with 1 when that was not enough.
    expect(await worker.stop()).toEqual({ code: 0, signal: null });
    expect(isDrained(await deployment.lag())).toBe(false);

    const { groups } = await deployment.admin.describeGroups([
      deployment.groupId,
      `${deployment.groupId}.workforce`,
    ]);
    expect(groups.map(({ members }) => members)).toEqual([[], []]);
  });

  test('and has lost nothing and done nothing twice, once it has been started again', async () => {
    await deployment.startWorker();
    await deployment.drained();
    expect(asMultiset(await tasksInDatabase(deployment))).toEqual(asMultiset(dataSet!.expectedTasks));
    expect(await deployment.rowCounts()).toEqual(dataSet!.expectedRows);
    await deployment.mustCli(['verify']);
  });
});
