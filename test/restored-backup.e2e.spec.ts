import { setTimeout as pause } from 'node:timers/promises';
import { TestDeployment } from '#libs/testing';
import { createData, recordOf } from './support/events';
import { agent } from './support/office';

jest.setTimeout(240_000);

const SHORT_SESSION = { KAFKA_SESSION_TIMEOUT_MS: '6000' };
const PATIENCE_MS = 90_000;
async function eventually(is: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; !(await is()) && Date.now() < deadline;) await pause(100);
}

const RESTORED_TABLES = ['task', 'activity_log', 'applied_event', 'input_position', 'shard_head'];

/** The runbook's procedure, with the commands it names. */
describe('a database that was restored from an older backup', () => {
  let deployment: TestDeployment;
  beforeAll(async () => {
    deployment = await TestDeployment.create();
  });
  afterAll(() => deployment?.close());

  const creations = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) =>
      recordOf({ id: `create-${from + i}`, subject: `conv-${(from + i) % 50}`, data: createData() }),
    );
  const owner = (sql: string): Promise<unknown> => deployment.database.owner.query(sql);
  const backUp = async (): Promise<void> => {
    for (const table of RESTORED_TABLES) await owner(`create table backup_${table} as table ${table}`);
  };
  const restore = async (): Promise<void> => {
    for (const table of RESTORED_TABLES) {
      await owner(`truncate ${table}`);
      await owner(`insert into ${table} select * from backup_${table}`);
      await owner(`drop table backup_${table}`);
    }
  };

  it('stops the worker, which says what to do; done so, every task is there once, and logs and topics agree', async () => {
    await deployment.publish(creations(0, 200));
    await deployment.startWorker({ env: SHORT_SESSION });
    await deployment.drained();
    await deployment.stopWorkers();
    await backUp();
    await deployment.publish(creations(200, 300));
    await deployment.startWorker({ env: SHORT_SESSION });
    await deployment.drained();
    const tasks = await deployment.query('select * from task order by id');
    await deployment.stopWorkers();
    await restore();

    const stopped = deployment.spawnWorker({ env: SHORT_SESSION });
    expect(await stopped.exited).toMatchObject({ code: 1 });
    expect(stopped.log).toMatch(/database_set_back.*reset --published --yes/);

    const refused = await deployment.cli(['reset', '--published']);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/would empty .*task-activity/) });
    await deployment.mustCli(['reset', '--published', '--yes']);
    await deployment.startWorker({ env: SHORT_SESSION });
    // The group's offsets were not set back: by them alone there is nothing to read.
    await eventually(async () => (await deployment.rowCounts()).task === 300);
    await deployment.drained();

    expect(await deployment.query('select * from task order by id')).toEqual(tasks);
    const records = await deployment.records('task-activity');
    expect(new Set(records.map(({ headers }) => String(headers.ce_id))).size).toBe(300);
    expect(records).toHaveLength(300);
    expect((await deployment.mustCli(['verify'])).stdout).toMatch(/300 tasks, .*: all agree/);
  });

  it('cannot have its topics emptied while a worker runs', async () => {
    const result = await deployment.cli(['reset', '--published', '--yes']);
    expect(result).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/members of the group .*Stop all workers/),
    });
    expect(await deployment.records('task-activity')).toHaveLength(300);
  });

  const positions = (topic: string) =>
    deployment.query(`select * from input_position where topic = '${topic}' order by partition`);

  it('cannot have positions forgotten while a worker runs, which would store them again', async () => {
    const before = await positions('conversation-events.call');
    expect(await deployment.cli(['reset', '--positions', 'conversation-events.call'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/members of the group .*Stop all workers/),
    });
    expect(await positions('conversation-events.call')).toEqual(before);
    expect(before).not.toEqual([]);
  });

  it('replays and redrives nothing before its workers have read the people it was restored without', async () => {
    await deployment.stopWorkers();
    await deployment.publish([agent('eli')]);
    for (const operation of ['replay run', 'dead-letters redrive --all']) {
      expect(await deployment.cli([...operation.split(' '), '--yes'])).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/read workforce to offset 0 of 1: .*Start a worker/),
      });
    }
    await deployment.startWorker({ env: SHORT_SESSION });
    await deployment.drained();
    expect((await deployment.mustCli(['replay', 'run', '--yes'])).stdout).toMatch(/300 .*already/);
  });

  it('forgets everybody only when told twice', async () => {
    await deployment.stopWorkers();
    const people = () => deployment.query('select id from workforce_entry where body is not null');
    expect(await deployment.cli(['reset', '--positions', 'workforce'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/forget all agents.*Add --yes/s),
    });
    expect(await people()).toHaveLength(1);
    await deployment.mustCli(['reset', '--positions', 'workforce', '--yes']);
    expect([await people(), await positions('workforce')]).toEqual([[], []]);
  });
});
