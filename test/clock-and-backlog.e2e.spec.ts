import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type OutgoingRecord } from '#libs/messaging';
import { projectRoot } from '#libs/stack';
import { TestDeployment } from '#libs/testing';
import { activityIn } from './support/created-tasks';
import { createData, recordOf } from './support/events';
import { published } from './support/published';
import { shortestSessionTimeout } from './support/session-timeout';

jest.setTimeout(600_000);

const KILL_AT = join(projectRoot(), 'test', 'fault', 'kill-at.cjs');
const TASKS = 60;
const HOUR = 3_600_000;
/** How long is waited for what should not come any more. */
const NOTHING_MORE_MS = 3_000;

/** A task of this test: each in a conversation of its own, so that they are spread over all shards. */
interface OneTask {
  nth: number;
  id: string;
  /** What its log must hold, in order. */
  log: Entry[];
}

/** An activity as [type, time, the cause's id]. */
type Entry = [type: string, time: string, cause: string];

/** The day all of it begins, and n hours after it. */
const hours = (n: number): number => Date.parse('2026-03-02T10:00:00.000Z') + n * HOUR;
const instant = (time: number): string => new Date(time).toISOString();
const DAY = 24;

describe('timers follow the clock, and never overtake a backlog', () => {
  const tasks: OneTask[] = Array.from({ length: TASKS }, (_, nth) => {
    const id = `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`;
    return { nth, id, log: [] };
  });
  const [resolved, others] = [0, 1].map((rest) => tasks.filter(({ nth }) => nth % 2 === rest)) as [
    OneTask[],
    OneTask[],
  ];
  let deployment: TestDeployment;
  let settings: Record<string, string>;

  beforeAll(async () => {
    deployment = await TestDeployment.create();
    // A killed member's partitions are free only when its session ends.
    settings = { KAFKA_SESSION_TIMEOUT_MS: String(await shortestSessionTimeout(deployment.admin)) };
    await deployment.startWorker({ env: settings });
    // Due two hours later, one a second: an hour before that it is due soon, as their priority is high.
    await deployment.publish(
      tasks.map((task) => {
        const { nth, id, log } = task;
        log.push(['task.created.v1', instant(hours(0)), `create ${nth}`]);
        const data = createData({ taskId: id, due: { at: instant(dueOf(task, 2)) } });
        return recordOf({ id: `create ${nth}`, subject: `conv-${nth}`, time: instant(hours(0)), data });
      }),
    );
    await deployment.drained();
    await deployment.stopWorkers();
  });
  afterAll(() => deployment?.close());

  /** Each task has its own second. */
  function dueOf({ nth }: OneTask, inHours: number): number {
    return hours(inHours) + nth * 1000;
  }

  /** A command of a service about a task. */
  function command(
    { nth, id }: OneTask,
    verb: string,
    name: string,
    time: number,
    says: object = {},
  ): OutgoingRecord {
    const data = { taskId: id, actor: { kind: 'service', id: 'crm' }, ...says };
    const type = `task.${verb}.v1`;
    return recordOf({ id: `${name} ${nth}`, type, subject: `conv-${nth}`, time: instant(time), data });
  }

  /** Moves the due date of each, and expects that to be said; and, before anything else is done, its two timers. */
  function moved(list: OneTask[], name: string, at: number, to: number): OutgoingRecord[] {
    return list.map((task) => {
      task.log.push(['task.due_date_changed.v1', instant(hours(at)), `${name} ${task.nth}`]);
      return command(task, 'update', name, hours(at), { due: { at: instant(dueOf(task, to)) } });
    });
  }

  /** Leaves what nobody ever sees, at the end of a partition that has records and of one that has none. */
  async function aborted(): Promise<void> {
    const { key, value } = recordOf({ subject: 'conv-at-the-end' }) as { key: string; value: string };
    const transactionalId = `${deployment.topicPrefix}aborted`;
    const producer = deployment.kafka.producer({ transactionalId, maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    const transaction = await producer.transaction();
    for (const channel of ['call', 'whatsapp']) {
      const topic = `${deployment.topicPrefix}conversation-events.${channel}`;
      await transaction.send({ topic, messages: [{ key, value }] });
    }
    await transaction.abort();
    await producer.disconnect();
  }

  /** The task's date is expected to be said to be due soon, and overdue. `setBy`: the sequence of the activity that set it. */
  function comes(task: OneTask, due: number, setBy = task.log.length): void {
    task.log.push(['task.due_soon.v1', instant(dueOf(task, due) - HOUR), `${task.id}:due_soon:${setBy}`]);
    task.log.push(['task.overdue.v1', instant(dueOf(task, due)), `${task.id}:overdue:${setBy}`]);
  }

  /** How many there must be. */
  function activities(): number {
    return tasks.reduce((sum, { log }) => sum + log.length, 0);
  }

  /** Waits for what is expected, and for a moment longer; then the logs must be as expected, each activity once. */
  async function expectLogs(): Promise<void> {
    await deployment.drained();
    await published(deployment, 'task-activity', activities());
    await pause(NOTHING_MORE_MS);
    const found = new Map(tasks.map(({ id }): [string, string[]] => [id, []]));
    for (const record of await deployment.records('task-activity')) {
      const { taskId, sequence, cause } = activityIn(record);
      const entries = found.get(taskId)!;
      expect(sequence).toBe(entries.length + 1);
      entries.push([record.headers.ce_type, record.headers.ce_time, cause.id].join(' '));
    }
    for (const { id, log } of tasks) expect(found.get(id)).toEqual(log.map((entry) => entry.join(' ')));
  }

  test('workers come back a day late to a backlog that resolves half of the tasks in time: those are never overdue', async () => {
    await deployment.publish(
      resolved.map((task) => {
        const time = dueOf(task, 2) - 1;
        for (const type of ['status_changed', 'completed'])
          task.log.push([`task.${type}.v1`, instant(time), `resolve ${task.nth}`]);
        return command(task, 'resolve', 'resolve', time);
      }),
    );
    for (const task of others) comes(task, 2);
    deployment.setClock(instant(hours(2 + DAY)));
    await Promise.all([1, 2].map(() => deployment.startWorker({ env: settings })));
    await expectLogs();
  });

  test('each date that is set has its own, but for one that was moved before it came', async () => {
    await deployment.publish(moved(others, 'moved', DAY + 3, 2 * DAY));
    await deployment.publish(moved(others, 'moved again', DAY + 3, 3 * DAY));
    await expectLogs();
    // Past the date that no longer holds.
    deployment.setClock(instant(hours(2 * DAY + 1)));
    await expectLogs();
    for (const task of others) comes(task, 3 * DAY);
    deployment.setClock(instant(hours(4 * DAY)));
    await expectLogs();
  });

  test('a task that was resolved in time and is reopened later has it said then', async () => {
    await deployment.publish(
      resolved.map((task) => {
        task.log.push(['task.status_changed.v1', instant(hours(4 * DAY)), `reopen ${task.nth}`]);
        comes(task, 2, 1);
        return command(task, 'reopen', 'reopen', hours(4 * DAY));
      }),
    );
    await expectLogs();
  });

  test.each([
    ['before the database commit', 5],
    ['before the relay produces', 6],
    ['between produce and the next look', 7],
  ])(
    'a worker that is killed (SIGKILL) in the midst of it, %s: each is said, and once',
    async (point, day) => {
      await deployment.publish(moved(tasks, point, day * DAY, day * DAY + 4));
      await expectLogs();
      await deployment.stopWorkers();
      deployment.setClock(instant(hours(day * DAY + 12)));
      for (const task of tasks) comes(task, day * DAY + 4);

      const env = { ...settings, KILL_AT: point, KILL_ON: '4' };
      const worker = deployment.spawnWorker({ env, preload: [KILL_AT] });
      const { signal } = await worker.exited;
      expect({ signal, log: worker.log }).toEqual({
        signal: 'SIGKILL',
        log: expect.stringContaining(`killed at ${point}\n`),
      });
      // In the midst of it: something was said already, and not all of it is known. What was produced by then may be all, in few requests.
      const ends = await deployment.endOffsets('task-activity');
      const [log] = await deployment.query<{ length: number }>(
        `select count(*)::int as length from activity_log`,
      );
      expect(log!.length).toBeGreaterThan(activities() - 2 * TASKS);
      const produced = ends.reduce((sum, end) => sum + end, 0);
      if (point !== 'between produce and the next look') expect(produced).toBeLessThan(activities());

      await deployment.startWorker({ env: settings });
      await expectLogs();
    },
  );

  test.each<[what: string, day: number, leave: () => Promise<void>]>([
    [
      'of a type nobody knows',
      8,
      () =>
        deployment.publish([recordOf({ subject: 'conv-at-the-end', type: 'conversation.transcribed.v1' })]),
    ],
    [
      'that cannot be read',
      9,
      () => deployment.publish([{ ...recordOf({ subject: 'conv-at-the-end' }), value: 'not JSON' }]),
    ],
    ['of a transaction that was aborted', 10, aborted],
    [
      'of a transaction that was aborted while no worker ran',
      11,
      async () => {
        await deployment.stopWorkers();
        await aborted();
        await deployment.startWorker({ env: settings });
      },
    ],
  ])('a record at the end of a partition %s holds no timer up', async (_, day, leave) => {
    await deployment.publish(moved(others, `day ${day}`, day * DAY - 1, day * DAY));
    await expectLogs();
    await leave();
    for (const task of others) comes(task, day * DAY);
    deployment.setClock(instant(hours(day * DAY + 1)));
    await expectLogs();
  });

  test('verify finds no difference', async () => {
    await deployment.mustCli(['verify']);
  });
});
