import { setTimeout as pause } from 'node:timers/promises';
import { type QueryRunner } from 'typeorm';
import {
  CONVERSATION_TOPICS,
  TASK_ACTIVITY_TOPIC,
  TASK_REJECTIONS_TOPIC,
  WORKFORCE_TOPIC,
} from '#libs/contracts';
import { type OutgoingRecord } from '#libs/messaging';
import { type TestDatabase, TestDeployment } from '#libs/testing';
import { dataSets } from './support/data-set';
import { createData, recordOf } from './support/events';
import { agent, BOOKINGS } from './support/office';
import { deploymentFor, play } from './support/play';

jest.setTimeout(300_000);

const sample = dataSets().at(-1)!;
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const BY_ELI = { actor: { kind: 'agent', id: 'eli' } };
const TASK = '0195f1c0-0000-4000-8000-00000000000';

interface Report {
  tasks: number;
  activities: number;
  rejections: number;
  identities: number;
  rejectionsGone: number;
  shards: number;
  shardsThere: number;
  positions: Record<string, number>;
}

/** What every command does to a task, and what the rules refuse of each. */
const COMMANDS: OutgoingRecord[] = [
  ...[1, 2, 3, 4, 5].map((n) =>
    command(`create-${n}`, n, 'create', {
      ...createData({
        description: 'As promised',
        due: { in: 'PT4H' },
        assignee: { kind: 'team', id: 'bookings' },
      }),
      taskId: TASK + n,
    }),
  ),
  ...[1, 2, 3].map((n) => command(`claim-${n}`, n, 'claim', {})),
  command('start', 1, 'start', { reason: 'now' }),
  command('comment', 1, 'comment', { text: 'Spoke to her; "she" calls back \\ tomorrow' }),
  command('resolve', 1, 'resolve', { resolution: 'Booked' }),
  command('reopen', 1, 'reopen', {}),
  command('release', 2, 'release', {}),
  command('start-unclaimed', 2, 'start', {}),
  command('assign', 3, 'assign', { assignee: { kind: 'agent', id: 'eli' } }),
  command('update', 3, 'update', { priority: 'low', title: 'Call back, please', due: null }),
  command('cancel', 4, 'cancel', { reason: 'no need' }),
  command('without effect', 5, 'update', { priority: 'high' }),
  command('refused: resolved', 4, 'start', {}),
  command('refused: nobody of that name', 5, 'assign', { assignee: { kind: 'agent', id: 'late' } }),
  command('refused: taken', 5, 'create', { ...createData(), taskId: `${TASK}5` }),
];

function command(id: string, n: number, verb: string, data: Record<string, unknown>): OutgoingRecord {
  return recordOf({
    id,
    type: `task.${verb}.v1`,
    subject: `conv-rebuilt-${n}`,
    traceparent: TRACEPARENT,
    data: { ...BY_ELI, ...(verb === 'create' ? {} : { taskId: TASK + n }), ...data },
  });
}

const rowsOf = <Row = Record<string, unknown>>(db: TestDatabase, sql: string): Promise<Row[]> =>
  db.operator.query<Row[]>(sql);

async function rebuilt(deployment: TestDeployment): Promise<Report> {
  return JSON.parse((await deployment.mustCli(['rebuild', '--json'])).stdout) as Report;
}

/** Changes the database by hand, as its owner: row-level security lifted meanwhile. */
async function byHand({ database }: TestDeployment, ...statements: string[]): Promise<void> {
  const runner: QueryRunner = database.owner.createQueryRunner();
  const tables = ['task', 'activity_log', 'applied_event'];
  try {
    await runner.startTransaction();
    for (const table of tables) await runner.query(`alter table ${table} no force row level security`);
    for (const statement of statements) await runner.query(statement);
    for (const table of tables) await runner.query(`alter table ${table} force row level security`);
    await runner.commitTransaction();
  } catch (error) {
    await runner.rollbackTransaction();
    throw error;
  } finally {
    await runner.release();
  }
}

async function verified(deployment: TestDeployment): Promise<{ code: number | null; messages: string }> {
  const { code, stdout, stderr } = await deployment.cli(['verify', '--timeout', '5']);
  return { code, messages: stdout + stderr };
}
const AGREES = { code: 0, messages: expect.stringMatching(/: all agree/) as string };

/** Until a worker of the rebuilt database has read the people again: its group is at the end from the start. */
async function peopleAreBack(deployment: TestDeployment): Promise<void> {
  const [end] = await deployment.endOffsets(WORKFORCE_TOPIC);
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(100)) {
    const [position] = await deployment.query<{ next: number }>(
      `select next_offset::int as next from input_position where topic = '${WORKFORCE_TOPIC}'`,
    );
    if (position?.next === end) return;
  }
  throw new Error('the workforce was not read again');
}

describe('a database that is lost, rebuilt from the topics', () => {
  let deployment: TestDeployment;
  let lost: TestDatabase;

  beforeAll(async () => {
    deployment = await deploymentFor(sample);
    await deployment.publish([BOOKINGS, agent('eli')]);
    await deployment.drained();
    await play(deployment, sample);
    await deployment.publish(COMMANDS);
    await deployment.drained();
  });
  afterAll(() => deployment?.close());

  const everything = (db: TestDatabase) =>
    Promise.all([
      // All but when time will do something next, which depends on the tenants' policies: a worker works it out.
      rowsOf(db, `select to_jsonb(t) - 'timer_at' as task from task t order by tenant_id, id`),
      rowsOf(
        db,
        'select shard, position, data::text as data, to_jsonb(l) - $$data$$ as others from activity_log l order by 1, 2',
      ),
      rowsOf(
        db,
        'select shard, position, data::text as data, to_jsonb(l) - $$data$$ as others from rejection_log l order by 1, 2',
      ),
      rowsOf(db, 'select * from shard_head order by shard'),
      rowsOf(
        db,
        `select topic, partition, next_offset, fingerprint from input_position where topic <> 'workforce' order by 1, 2`,
      ),
    ]);
  /** Of events that led to an activity or a rejection: of the others no topic tells. */
  const identities = (db: TestDatabase, columns: string) =>
    rowsOf(
      db,
      `select tenant_id, source, event_id, became, shard, conversation_id, topic, partition, "offset", recorded_at, ${columns}
         from applied_event e
        where exists (select from activity_log a
                       where (a.tenant_id, a.cause_source, a.cause_id) = (e.tenant_id, e.source, e.event_id))
           or exists (select from rejection_log r
                       where (r.tenant_id, r.cause_source, r.cause_id) = (e.tenant_id, e.source, e.event_id))
        order by tenant_id, source, event_id`,
    );

  test('is refused while a worker runs, and in a database that is not empty', async () => {
    expect(await deployment.cli(['rebuild'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/members of the group .*Stop all workers/),
    });
    await deployment.stopWorkers();
    const before = await deployment.contentHashes();
    expect(await deployment.cli(['rebuild'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/not empty: the table .* has rows.*new one, run 'migrate'/),
    });
    expect(await deployment.contentHashes()).toEqual(before);
  });

  test('interrupted, keeps the shards that were finished, and goes on with the others', async () => {
    lost = await deployment.loseDatabase();
    await deployment.migrate();
    const { owner } = deployment.database;
    await owner.query(`
      create function refuse() returns trigger language plpgsql as $$ begin raise exception 'interrupted'; end $$;
      create trigger refuse before insert on task for each row when (new.shard = 5) execute function refuse();`);
    expect(await deployment.cli(['rebuild'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/interrupted/),
    });
    const shards = await deployment.query<{ shard: number }>(
      'select distinct shard from activity_log order by 1',
    );
    expect(shards.map(({ shard }) => shard)).toEqual([0, 1, 2, 3, 4]);
    expect(await deployment.query('select * from input_position')).toEqual([]);
    await owner.query('drop trigger refuse on task; drop function refuse');
    expect(await rebuilt(deployment)).toMatchObject({ shards: 12, shardsThere: 5 });
  });

  test('has every task, every entry of both logs, every position as it was', async () => {
    const [was, is] = [await everything(lost), await everything(deployment.database)];
    expect(is).toEqual(was);
    expect(was.map((rows) => rows.length > 0)).toEqual([true, true, true, true, true]);
  });

  test('knows every event that led to something, where it was read, and of the refused what they said', async () => {
    const known = await identities(deployment.database, '1');
    expect(known).toEqual(await identities(lost, '1'));
    const refused = (db: TestDatabase) =>
      rowsOf(
        db,
        `select event_id, type, payload_hash from applied_event where became = 'rejected' order by 1`,
      );
    expect(await refused(deployment.database)).toEqual(await refused(lost));
    const types = async (db: TestDatabase) =>
      new Map(
        (
          await rowsOf<{ id: string; type: string }>(
            db,
            `select event_id as id, type from applied_event where tenant_id = 'acme'`,
          )
        ).map(({ id, type }) => [id, type]),
      );
    const [are, were] = [await types(deployment.database), await types(lost)];
    // What changed nothing nobody tells of; and of an unstarted task's release only that the claim is gone.
    were.delete('without effect');
    expect(are).toEqual(were.set('release', 'task.assignment_changed.v1'));
    expect(known.length).toBeGreaterThan(sample.expectedTasks.length);
  });

  test('is verified, and rebuilt no second time', async () => {
    expect(await verified(deployment)).toEqual(AGREES);
    expect(await deployment.cli(['rebuild'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/not empty: the table input_position has rows/),
    });
  });

  test('with one entry of the log gone, or one field of a task changed, verify names it', async () => {
    await byHand(
      deployment,
      `create table kept_task as table task`,
      `create table kept_activity_log as table activity_log`,
      `update task set priority = 'critical' where id = '${TASK}1'`,
      `delete from activity_log where task_id = '${TASK}2' and sequence = 2`,
    );
    const { code, messages } = await verified(deployment);
    expect(code).toBe(1);
    expect(messages).toMatch(
      new RegExp(`task ${TASK}1: priority: table has "critical", log folds to "high"`),
    );
    expect(messages).toMatch(new RegExp(`position \\d+ is missing, the topic has it: task ${TASK}2`));
    await byHand(
      deployment,
      `delete from task`,
      `insert into task select * from kept_task`,
      `delete from activity_log`,
      `insert into activity_log select * from kept_activity_log`,
    );
    expect(await verified(deployment)).toEqual(AGREES);
  });

  describe('a worker on it', () => {
    const logs = async () => {
      const { task, activity_log, rejection_log } = await deployment.rowCounts();
      return { task, activity_log, rejection_log };
    };
    let before: Awaited<ReturnType<typeof logs>>;

    beforeAll(async () => {
      before = await logs();
      await deployment.mustCli(['flows', 'apply', sample.flows, '--tenant', sample.tenant]);
      await deployment.startWorker();
      await peopleAreBack(deployment);
    });

    test('has its people again, and reads nothing twice', async () => {
      const people = (db: TestDatabase) =>
        rowsOf(db, 'select tenant_id, kind, id, body from workforce_entry order by 1, 2, 3');
      expect(await people(deployment.database)).toEqual(await people(lost));
      expect(await logs()).toEqual(before);
      expect(await deployment.query('select * from conversation')).toEqual([]);
    });

    test('gets conversations and messages by a replay of their events, and no task by that', async () => {
      const types = ['started', 'message', 'ended'].flatMap((name) => ['--type', `conversation.${name}.v1`]);
      await deployment.mustCli(['replay', 'run', '--yes', ...types]);
      const messages = (db: TestDatabase) =>
        rowsOf(db, 'select * from conversation_message order by 1, 2, 3');
      expect(await messages(deployment.database)).toEqual(await messages(lost));
      const started = (db: TestDatabase) =>
        rowsOf(
          db,
          'select tenant_id, id, started_at, ended_at from conversation where started_at is not null order by 1, 2',
        );
      expect(await started(deployment.database)).toEqual(await started(lost));
      expect(await deployment.query('select * from conversation_outcome')).toEqual([]);
      expect(await logs()).toEqual(before);
    });

    test('takes the same commands and outcomes for duplicates; what was refused stays refused', async () => {
      await deployment.publish([agent('late')]);
      await deployment.drained();
      await deployment.publish(COMMANDS.filter(({ value }) => !String(value).includes('without effect')));
      await play(deployment, sample);
      expect(await logs()).toEqual(before);
    });

    test('goes on with tasks, activities and rejections where they were', async () => {
      // Another one than the topic was written with: the broker knows nothing of it, and takes the next sequence.
      const producer = (db: TestDatabase) => rowsOf(db, 'select producer_id from deployment');
      expect(await producer(deployment.database)).not.toEqual(await producer(lost));
      const heads = await deployment.endOffsets(TASK_ACTIVITY_TOPIC);
      await deployment.publish([
        command('after: claim', 1, 'claim', {}),
        command('after: resolve', 1, 'resolve', { resolution: 'At last' }),
        command('after: refused', 4, 'start', {}),
        recordOf({ id: 'after: create', subject: 'conv-after', data: createData() }),
      ]);
      await deployment.drained();
      const ends = await deployment.endOffsets(TASK_ACTIVITY_TOPIC);
      const sum = (offsets: number[]): number => offsets.reduce((total, each) => total + each, 0);
      expect(sum(ends) - sum(heads)).toBe(4);
      const records = (await deployment.records(TASK_ACTIVITY_TOPIC)).filter(({ value }) =>
        String(value).includes('"id":"after: '),
      );
      expect(records.map(({ headers }) => headers.ce_type).sort()).toEqual([
        'task.assignment_changed.v1',
        'task.completed.v1',
        'task.created.v1',
        'task.status_changed.v1',
      ]);
      for (const { offset, headers } of records) expect(headers.position).toBe(String(offset + 1));
      expect(await logs()).toEqual({
        task: before.task + 1,
        activity_log: before.activity_log + 4,
        rejection_log: before.rejection_log + 1,
      });
      expect(await verified(deployment)).toEqual(AGREES);
    });
  });
});

describe('topics that no longer have everything', () => {
  let deployment: TestDeployment;

  beforeAll(async () => {
    deployment = await TestDeployment.create({ shards: 2 });
    await deployment.publish([BOOKINGS, agent('eli')]);
    await deployment.publish(
      [...Array(20).keys()].map((n) =>
        recordOf({
          id: `c-${n}`,
          subject: `conv-${n}`,
          data: createData(n % 2 ? { assignee: { kind: 'agent', id: 'late' } } : {}),
        }),
      ),
    );
    await deployment.startWorker();
    await deployment.drained();
    await deployment.stopWorkers();
  });
  afterAll(() => deployment?.close());

  /** Deletes records as retention does. */
  async function letGoOf(topic: string, before: (end: number) => number): Promise<void> {
    const ends = await deployment.endOffsets(topic);
    const partitions = ends.map((end, partition) => ({ partition, offset: String(before(end)) }));
    await deployment.admin.deleteTopicRecords({ topic: deployment.topicPrefix + topic, partitions });
  }

  test('rejections: the log begins where the topic does, is verified, and goes on', async () => {
    await letGoOf(TASK_REJECTIONS_TOPIC, (end) => Math.min(end, 2));
    const ends = await deployment.endOffsets(TASK_REJECTIONS_TOPIC);
    await deployment.loseDatabase();
    await deployment.migrate();
    expect(await rebuilt(deployment)).toMatchObject({ rejections: 10 - 4, rejectionsGone: 4 });
    expect(
      await deployment.query(
        'select shard, rejection_position::int, rejection_base::int from shard_head order by 1',
      ),
    ).toEqual(ends.map((end, shard) => ({ shard, rejection_position: end, rejection_base: 2 })));
    expect(await verified(deployment)).toEqual(AGREES);

    await deployment.startWorker();
    await deployment.publish([
      recordOf({
        id: 'one more',
        subject: 'conv-1',
        data: createData({ assignee: { kind: 'team', id: 'none' } }),
      }),
    ]);
    await deployment.drained();
    const sum = (offsets: number[]): number => offsets.reduce((total, each) => total + each, 0);
    expect(sum(await deployment.endOffsets(TASK_REJECTIONS_TOPIC))).toBe(sum(ends) + 1);
    await deployment.stopWorkers();
    expect(await verified(deployment)).toEqual(AGREES);

    await byHand(deployment, `update shard_head set rejection_base = 1 where shard = 0`);
    expect((await verified(deployment)).messages).toMatch(/rejection log of shard 0: positions 2 to/);
    await byHand(deployment, `update shard_head set rejection_base = 2 where shard = 0`);
    expect(await deployment.cli(['reset', '--published', '--yes'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/rebuilt without the first 4 rejections/),
    });
  });

  test('inputs, up to where the group is: a worker goes on there', async () => {
    const topics = Object.values(CONVERSATION_TOPICS);
    for (const topic of topics) await letGoOf(topic, (end) => end);
    await deployment.loseDatabase();
    await deployment.migrate();
    expect(await rebuilt(deployment)).toMatchObject({ positions: { group: 2, causes: 0, unknown: 4 } });
    await deployment.startWorker();
    await peopleAreBack(deployment);
    await deployment.publish([recordOf({ id: 'another', subject: 'conv-1', data: createData() })]);
    await deployment.drained();
    await deployment.stopWorkers();
    expect(await verified(deployment)).toEqual(AGREES);
  });

  test('a group that Kafka has forgotten: a worker goes on behind the last event that led to something', async () => {
    await deployment.admin.deleteGroups([deployment.groupId]);
    await deployment.loseDatabase();
    await deployment.migrate();
    expect(await rebuilt(deployment)).toMatchObject({ positions: { group: 0, causes: 2, unknown: 4 } });
    const ends = await deployment.endOffsets(CONVERSATION_TOPICS.call);
    expect(
      await deployment.query(`select partition, next_offset::int as next from input_position order by 1`),
    ).toEqual(ends.map((next, partition) => ({ partition, next })));
  });

  test('activities that a stranger wrote, or whose beginning is gone: nothing is rebuilt, and the place is named', async () => {
    await deployment.loseDatabase();
    await deployment.migrate();
    const [end] = await deployment.endOffsets(TASK_ACTIVITY_TOPIC);
    await deployment.publish([
      { topic: TASK_ACTIVITY_TOPIC, partition: 0, key: 'x', value: '{}', headers: {} },
    ]);
    expect(await deployment.cli(['rebuild'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        new RegExp(`shard 0, position ${end! + 1}, task \\?: the record is no activity`),
      ),
    });
    expect((await deployment.rowCounts()).task).toBe(0);

    await letGoOf(TASK_ACTIVITY_TOPIC, () => 1);
    expect(await deployment.cli(['rebuild'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/task-activity, partition 0, begins at offset 1 instead of 0/),
    });
  });
});
