import { type QueryRunner } from 'typeorm';
import { TestDeployment } from '#libs/testing';
import { createData, recordOf } from './support/events';

jest.setTimeout(300_000);

const COMMANDS = 40;
const DUE = { at: '2026-04-01T12:00:00Z' };
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const TABLES = ['task', 'activity_log', 'rejection_log', 'shard_head'] as const;
/** Verify shows 20 differences at most. */
const AT_ONCE = 6;

interface Report {
  ok: boolean;
  total: number;
  differences: { kind: string; taskId?: string; position?: number; field: string; message: string }[];
}

/** A task, and where its activity is in the log. */
interface Entry {
  taskId: string;
  shard: number;
  position: number;
}

/** Column, what it becomes, and how verify calls the difference. */
type Change = readonly [column: string, value: string, field: string];

const TASK_CHANGES: Change[] = [
  ['conversation_id', `'conv-none'`, 'conversationId'],
  ['channel', `'whatsapp'`, 'channel'],
  ['type', `'internal'`, 'type'],
  ['priority', `'critical'`, 'priority'],
  ['status', `'cancelled'`, 'status'],
  ['assignee_kind', `'team', assignee_id = 'x'`, 'assignee'],
  ['claimed_by', `'eli'`, 'claimedBy'],
  ['due_at', `due_at + interval '1 ms'`, 'dueAt'],
  ['title', `title || ' '`, 'title'],
  ['description', `null`, 'description'],
  ['created_by_kind', `'service'`, 'createdBy.kind'],
  ['created_by_id', `'fay'`, 'createdBy.id'],
  ['created_at', `created_at + interval '1 ms'`, 'createdAt'],
  ['updated_at', `updated_at + interval '1 ms'`, 'updatedAt'],
  ['started_at', `created_at`, 'startedAt'],
  ['resolved_at', `created_at`, 'resolvedAt'],
  ['resolution', `'done'`, 'resolution'],
  ['overdue', `not overdue`, 'overdue'],
  ['version', `version + 1`, 'version'],
  ['origin_source', `'/elsewhere'`, 'origin_source'],
  ['origin_event_id', `'e-none'`, 'origin_event_id'],
  ['origin_flow', `'a-flow'`, 'origin_flow'],
  ['origin_node', `'a-node'`, 'origin_node'],
  ['origin_ordinal', `coalesce(origin_ordinal, 0) + 1`, 'origin_ordinal'],
  ['origin_key', `sha256('forged')`, 'origin_key'],
  ['shard', `1 - shard`, 'id'],
  ['tenant_id', `'stranger'`, 'id'],
];

const forged = (path: string): string => `jsonb_set(data::jsonb, '${path}', '"forged"')::json`;

const LOG_CHANGES: Change[] = [
  ['data', forged('{changes,0,to}'), 'data.changes[0].to'],
  ['data', forged('{task,title}'), 'data.task.title'],
  ['data', forged('{cause,id}'), 'data.cause.id'],
  ['data', `(data::text || ' ')::json`, 'data'],
  ['recorded_at', `recorded_at + interval '1 ms'`, 'header ce_recordedtime'],
  ['occurred_at', `occurred_at + interval '1 ms'`, 'header ce_time'],
  ['type', `'task.commented.v1'`, 'header ce_type'],
  ['sequence', `2`, 'header ce_sequence'],
  ['conversation_id', `'conv-none'`, 'header ce_correlationid'],
  ['cause_source', `'/elsewhere'`, 'header ce_causationid'],
  ['cause_id', `'e-none'`, 'header ce_causationid'],
  ['traceparent', `null`, 'header traceparent'],
  ['tenant_id', `'stranger'`, 'header ce_tenantid'],
  ['task_id', `gen_random_uuid()`, 'key'],
];

describe('verify', () => {
  let deployment: TestDeployment;
  let entries: Entry[];

  beforeAll(async () => {
    deployment = await TestDeployment.create({ shards: 2 });
    await deployment.publish([...Array(COMMANDS).keys()].map(command));
    await deployment.startWorker();
    await deployment.drained();
    // One that runs would notice by itself, and publish into the comparison.
    await deployment.stopWorkers();
    for (const table of TABLES) {
      await deployment.database.owner.query(`create table kept_${table} as select * from ${table}`);
    }
    entries = await deployment.query<Entry>(
      `select task_id as "taskId", shard, position::int from activity_log order by shard, position`,
    );
  });
  afterAll(() => deployment?.close());

  /** Every fourth is rejected: nobody of that name is known. */
  function command(n: number) {
    const assignee = n % 4 === 3 ? { kind: 'agent', id: 'eli' } : null;
    return recordOf({
      subject: `conv-${n}`,
      tenantid: n % 2 ? 'acme' : 'other',
      traceparent: TRACEPARENT,
      data: createData({ description: 'As promised', due: DUE, assignee }),
    });
  }

  async function verify(): Promise<{ code: number | null; report: Report }> {
    const { code, stdout, stderr } = await deployment.cli(['verify', '--json', '--timeout', '1']);
    if (!stdout.startsWith('{')) throw new Error(`verify ended with ${code}: ${stdout}${stderr}`);
    return { code, report: JSON.parse(stdout) as Report };
  }

  /** Changes the database by hand, as its owner. Row-level security binds an owner too, unless it is a superuser: lifted meanwhile. */
  async function byHand(...statements: string[]): Promise<void> {
    const runner: QueryRunner = deployment.database.owner.createQueryRunner();
    const forced = TABLES.filter((table) => table !== 'shard_head');
    const lifted = forced.map((table) => `alter table ${table} no force row level security`);
    const again = forced.map((table) => `alter table ${table} force row level security`);
    try {
      await runner.startTransaction();
      for (const statement of [...lifted, ...statements, ...again]) await runner.query(statement);
      await runner.commitTransaction();
    } catch (error) {
      await runner.rollbackTransaction();
      throw error;
    } finally {
      await runner.release();
    }
  }

  function putBack(): Promise<void> {
    return byHand(
      ...TABLES.flatMap((table) => [
        `delete from ${table}`,
        `insert into ${table} select * from kept_${table}`,
      ]),
    );
  }

  /** Makes changes, each to an entry of its own, a few at a time; and gives what verify says of each one's task or entry. */
  async function verifiedChanges(
    changes: Change[],
    statement: (change: Change, entry: Entry) => string,
    isAbout: (difference: Report['differences'][number], entry: Entry) => boolean,
  ): Promise<{ code: number | null; differences: Report['differences'] }[]> {
    const found: { code: number | null; differences: Report['differences'] }[] = [];
    for (let first = 0; first < changes.length; first += AT_ONCE) {
      const batch = changes
        .slice(first, first + AT_ONCE)
        .map((change, i) => ({ change, entry: entries[first + i]! }));
      await byHand(...batch.map(({ change, entry }) => statement(change, entry)));
      const { code, report } = await verify();
      await putBack();
      for (const { entry } of batch) {
        found.push({ code, differences: report.differences.filter((each) => isAbout(each, entry)) });
      }
    }
    return found;
  }

  test('exits 0 when everything agrees', async () => {
    const { code, report } = await verify();
    const counts = { tasks: 30, activities: 30, rejections: 10 };
    expect(report).toMatchObject({ ok: true, total: 0, differences: [], ...counts });
    expect(code).toBe(0);
  });

  describe('given one field changed by hand', () => {
    afterEach(putBack);

    test('in a task: tells a person which task and which field, and exits 1', async () => {
      await byHand(`update task set title = 'Something else' where id = '${entries[0]!.taskId}'`);
      const { code, stderr } = await deployment.cli(['verify']);
      expect(stderr).toContain(`task ${entries[0]!.taskId}: title: `);
      expect(code).toBe(1);
    });

    test('in an activity: tells a person which task and which field, and exits 1', async () => {
      const { shard, position, taskId } = entries[3]!;
      const where = `where shard = ${shard} and position = ${position}`;
      await byHand(`update activity_log set data = ${forged('{changes,0,to}')} ${where}`);
      const { code, stderr } = await deployment.cli(['verify']);
      expect(stderr).toMatch(new RegExp(`task ${taskId}: .* data.changes\\[0\\].to: `));
      expect(code).toBe(1);
    });

    test('in a task and in its activity alike: exits 1, since the topic has it otherwise', async () => {
      const { taskId } = entries[0]!;
      await byHand(
        `update task set title = 'forged' where id = '${taskId}'`,
        `update activity_log set data = ${forged('{task,title}')} where task_id = '${taskId}'`,
      );
      const { code, report } = await verify();
      expect(report.differences.map((each) => [each.kind, each.taskId, each.field])).toEqual([
        ['activity', taskId, 'data.task.title'],
        ['task', taskId, 'title'],
      ]);
      expect(code).toBe(1);
    });
  });

  describe('given columns of task changed by hand, each in another task', () => {
    let found: Awaited<ReturnType<typeof verifiedChanges>>;

    beforeAll(async () => {
      found = await verifiedChanges(
        TASK_CHANGES,
        ([column, value], { taskId }) => `update task set ${column} = ${value} where id = '${taskId}'`,
        ({ kind, taskId }, entry) => kind === 'task' && taskId === entry.taskId,
      );
    });

    test.each(TASK_CHANGES.map(([column, , field], i) => ({ column, field, i })))(
      '$column: names the task and $field',
      ({ field, i }) => {
        const { code, differences } = found[i]!;
        expect(new Set(differences.map((each) => each.field))).toEqual(new Set([field]));
        expect(code).toBe(1);
      },
    );
  });

  describe('given columns of activity_log changed by hand, each in another entry', () => {
    let found: Awaited<ReturnType<typeof verifiedChanges>>;

    beforeAll(async () => {
      found = await verifiedChanges(
        LOG_CHANGES,
        ([column, value], { shard, position }) =>
          `update activity_log set ${column} = ${value} where shard = ${shard} and position = ${position}`,
        ({ kind, position, message }, entry) =>
          kind === 'activity' && position === entry.position && message.includes(`shard ${entry.shard}`),
      );
    });

    test.each(LOG_CHANGES.map(([column, , field], i) => ({ column, field, i })))(
      '$column: names a task, the position and $field',
      ({ field, i }) => {
        const { code, differences } = found[i]!;
        expect(differences.map((each) => each.field)).toContain(field);
        for (const { taskId, message } of differences) expect(message).toContain(`task ${taskId}`);
        expect(code).toBe(1);
      },
    );
  });

  describe('given rows moved or gone', () => {
    afterEach(putBack);

    const SWAPPED = [
      `update activity_log set position = -1 where shard = 0 and position = 1`,
      `update activity_log set position = 1 where shard = 0 and position = 2`,
      `update activity_log set position = 2 where shard = 0 and position = -1`,
    ];
    const GAP_CLOSED = [
      `delete from activity_log where shard = 0 and position = 1`,
      // In two steps, for the key's sake.
      `update activity_log set position = -position where shard = 0`,
      `update activity_log set position = -position - 1 where shard = 0`,
      `update shard_head set activity_position = activity_position - 1 where shard = 0`,
    ];

    test.each<[string, string[], string]>([
      ['two activities in each other’s position', SWAPPED, 'key'],
      ['an activity gone', GAP_CLOSED.slice(0, 1), 'position'],
      ['an activity gone and those behind it moved up', GAP_CLOSED, 'key'],
    ])('%s: names the task of position 1 and exits 1', async (_, statements, field) => {
      await byHand(...statements);
      const { code, report } = await verify();
      const { taskId } = entries[0]!;
      const about = report.differences.filter((each) => each.position === 1 && each.field === field);
      expect(about.map(({ message }) => message).join('\n')).toContain(taskId);
      expect(code).toBe(1);
    });

    test('a task gone: names it and exits 1', async () => {
      await byHand(`delete from task where id = '${entries[0]!.taskId}'`);
      const { code, report } = await verify();
      expect(report.differences).toEqual([
        expect.objectContaining({ kind: 'task', taskId: entries[0]!.taskId, field: 'id' }),
      ]);
      expect(code).toBe(1);
    });

    test.each([
      [
        'the last activities gone',
        `delete from activity_log where (shard, position) in (select shard, activity_position from shard_head)`,
      ],
      ['activities beyond the head', `update shard_head set activity_position = activity_position - 1`],
      [
        'a head beyond the last rejection',
        `update shard_head set rejection_position = rejection_position + 1`,
      ],
    ])('%s: exits 1', async (_, statement) => {
      await byHand(statement);
      const { code, report } = await verify();
      expect(report.total).toBeGreaterThan(0);
      expect(code).toBe(1);
    });

    test('a rejection with another detail: names task and field and exits 1', async () => {
      await byHand(`update rejection_log set data = ${forged('{detail}')} where position = 1`);
      const { code, report } = await verify();
      const named = report.differences.filter(({ kind }) => kind === 'rejection');
      expect(named.map(({ field }) => field)).toEqual(['data.detail', 'data.detail']);
      for (const { message, taskId } of named) expect(message).toContain(`task ${taskId}`);
      expect(code).toBe(1);
    });
  });
});
