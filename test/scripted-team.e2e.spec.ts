import { setTimeout as pause } from 'node:timers/promises';
import { type ReadRecord, type TestDeployment } from '#libs/testing';
import { dataSets } from './support/data-set';
import { published } from './support/published';
import { recordsOf } from './support/records';
import {
  activityLine,
  deploymentWith,
  expectActivities,
  expectLines,
  type Line,
  rejectionLine,
  type Scene,
  sceneOf,
} from './support/scripted-scene';

jest.setTimeout(900_000);

/** How long is waited for what should not come any more. */
const NOTHING_MORE_MS = 3_000;

describe.each(dataSets())('a scripted team works on the tasks of $name', (dataSet) => {
  let scene: Scene;
  let deployment: TestDeployment;
  let activities: ReadRecord[];

  beforeAll(async () => {
    scene = sceneOf(dataSet);
    deployment = await deploymentWith(scene.workforce, dataSet);
    const conversations = recordsOf(dataSet);
    for (const batch of scene.batches) {
      if (batch.clock) deployment.setClock(batch.clock);
      else await deployment.publish(batch.publish ?? conversations.slice(...batch.conversations!));
      await deployment.drained();
      await published(deployment, 'task-activity', batch.activities).catch(async (error: unknown) => {
        expectActivities(
          (await deployment.records('task-activity')).map(activityLine),
          scene.activities.slice(0, batch.activities),
        );
        throw error;
      });
    }
    activities = await deployment.records('task-activity');
  });
  afterAll(() => deployment?.close());

  test('everything that can be refused is, and every kind of activity happens', () => {
    const codes = new Set(scene.rejections.map(({ code }) => code));
    expect([...codes].sort()).toEqual([
      ...['already_claimed', 'illegal_transition', 'invalid_due', 'not_allowed', 'not_available'],
      ...['stale_version', 'task_exists', 'task_not_found', 'unknown_assignee'],
    ]);
    const types = new Set(scene.activities.map(({ type }) => type));
    expect([...types].sort()).toEqual([
      ...['task.assignment_changed.v1', 'task.commented.v1', 'task.completed.v1', 'task.created.v1'],
      ...['task.details_changed.v1', 'task.due_date_changed.v1', 'task.due_soon.v1', 'task.overdue.v1'],
      ...['task.priority_changed.v1', 'task.status_changed.v1'],
    ]);
  });

  test('the activities are what the rules lead to, line by line', () => {
    expectActivities(activities.map(activityLine), scene.activities);
  });

  test('and the rejections', async () => {
    const found = (await deployment.records('task-rejections')).map(rejectionLine);
    const keyOf = ({ cause }: Line): unknown[] => [(cause as Line).source, (cause as Line).id];
    expectLines(found, scene.rejections, keyOf, ({ conversationId }) => conversationId);
  });

  test('in positions that are one more than the offset, without gaps', async () => {
    for (const records of [activities, await deployment.records('task-rejections')]) {
      const next = new Map<number, number>();
      for (const { partition, offset, headers } of records) {
        const position = (next.get(partition) ?? 0) + 1;
        next.set(partition, position);
        expect({ partition, offset, position: headers.position }).toEqual({
          partition,
          offset: position - 1,
          position: String(position),
        });
      }
    }
  });

  test('no more comes, nothing was dead-lettered, and verify finds no difference', async () => {
    await pause(NOTHING_MORE_MS);
    const ends = await deployment.outputEnds();
    const counts = Object.entries(ends).map(([topic, each]) => [
      topic,
      each.reduce((sum, end) => sum + end, 0),
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      'task-activity': scene.activities.length,
      'task-rejections': scene.rejections.length,
      'task-dead-letters': 0,
    });
    await deployment.mustCli(['verify']);
  });

  test('rebuilt from the topics, its tasks are as they were, verify finds no difference, and nothing is said again', async () => {
    await deployment.stopWorkers();
    const lost = await deployment.loseDatabase();
    await deployment.migrate();
    await deployment.mustCli(['rebuild']);
    await deployment.mustCli(['verify']);
    // All but when time will do something next, which depends on policies: a worker works it out.
    const tasks = `select to_jsonb(t) - 'timer_at' as task from task t order by tenant_id, id`;
    expect(await deployment.query(tasks)).toEqual(await lost.operator.query(tasks));

    const before = await deployment.outputEnds();
    await deployment.startWorker();
    await deployment.drained();
    await pause(NOTHING_MORE_MS);
    expect(await deployment.outputEnds()).toEqual(before);
    const moments = 'select tenant_id, id, timer_at from task order by tenant_id, id';
    expect(await deployment.query(moments)).toEqual(await lost.operator.query(moments));
    await deployment.mustCli(['verify']);
  });
});
