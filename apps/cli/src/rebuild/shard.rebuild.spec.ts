import {
  type Activity,
  evolve,
  LONG_PAST,
  NOTHING_KEPT,
  shardOf,
  type Task,
  taskCreated,
} from '#libs/domain';
import { payloadHash } from '#libs/intake';
import { entryOf, type LogRow, type RebuildStore, type RebuiltIdentity } from '#libs/persistence';
import { type CreatedTask, type RawRecord } from '#libs/processing';
import { type LogName } from '#libs/relay';
import { type PartitionReader } from '#libs/messaging';
import { recordOf } from '../verify/verification.fixture';
import { rebuildShard, type ShardCounts } from './shard.rebuild';

const SHARDS = 12;
const SHARD = shardOf('conv-1', SHARDS);
const TASK_ID = '019c0000-0000-8000-8000-000000000001';
const TIME = '2026-03-02T10:00:00.000Z';
const RECORDED = '2026-11-26T08:00:00.123Z';
const FLOW = { id: 'callbacks', version: 3, node: 'call-back', inputs: {}, warnings: [] };

/** A task a flow made, and what happened to it: as the log has it. */
function theActivities(): Activity[] {
  const actor = { kind: 'agent' as const, id: 'eli' };
  const draft = { id: TASK_ID, type: 'follow_up' as const, priority: 'high' as const, title: 'Call back' };
  const created = taskCreated(
    { ...draft, description: null, assignee: null, dueAt: null },
    { kind: 'flow', id: FLOW.id },
    { tenantId: 'acme', conversationId: 'conv-1', channel: 'call', time: TIME, cause: causeOf(4, 'outcome') },
    { flow: FLOW },
  );
  const { flow: _, ...common } = { ...created, actor, time: '2026-03-02T11:00:00.000Z' };
  return [
    created,
    {
      ...common,
      type: 'task.priority_changed.v1',
      sequence: 2,
      changes: [{ field: 'priority', from: 'high', to: 'low' }],
      cause: causeOf(9, 'update'),
    },
    {
      ...common,
      type: 'task.details_changed.v1',
      sequence: 3,
      changes: [{ field: 'title', from: 'Call back', to: 'Call back "soon"' }],
      cause: causeOf(9, 'update'),
    },
  ];
}

const causeOf = (offset: number, id: string) => ({
  ...{ source: '/voice', id, topic: 'conversation-events.call', partition: 7, offset },
});

/** The row the worker writes of an activity. */
function rowOf(activity: Activity, position: number, task: Task | undefined): LogRow {
  const { type, tenantId, time, taskId, sequence, conversationId, cause, ...others } = activity;
  return {
    ...{ shard: SHARD, position: String(position), tenant_id: tenantId, conversation_id: conversationId },
    ...{ task_id: taskId, occurred_at: new Date(time), recorded_at: new Date(RECORDED), sequence, type },
    ...{ cause_source: cause.source, cause_id: cause.id, traceparent: null },
    data: JSON.stringify({ taskId, conversationId, sequence, ...others, task, cause }),
  };
}

function rowsOf(activities: Activity[]): LogRow[] {
  let task: Task | null = null;
  return activities.map((activity, i) => rowOf(activity, i + 1, (task = evolve(task, activity))));
}

const COMMAND = { type: 'task.start.v1', subject: 'conv-1', time: TIME, data: { taskId: TASK_ID } };

function rejectionRow(position: number, code = 'not_allowed'): LogRow {
  const cause = causeOf(20 + position, `refused-${position}`);
  return {
    ...{ shard: SHARD, position: String(position), tenant_id: 'acme', conversation_id: 'conv-1', code },
    ...{ task_id: TASK_ID, occurred_at: new Date(TIME), recorded_at: new Date(RECORDED) },
    ...{ cause_source: cause.source, cause_id: cause.id, traceparent: '00-trace-01' },
    data: JSON.stringify({ code, detail: 'No', command: COMMAND, cause }),
  };
}

const published = (log: LogName, rows: LogRow[]): RawRecord[] =>
  rows.map((row) => recordOf(entryOf(log, row)));

/** Rebuilds the shard from records, a batch each; gives what was written. */
async function rebuilt(activities: RawRecord[], rejections: RawRecord[] = [], base = 0) {
  const written = {
    activities: [] as LogRow[],
    rejections: [] as LogRow[],
    identities: [] as RebuiltIdentity[],
    tasks: [] as CreatedTask[],
    heads: undefined as unknown,
  };
  const collect =
    <T>(into: T[]) =>
    (rows: readonly T[]) =>
      Promise.resolve(into.push(...rows) && rows.length);
  const transaction = {
    addActivities: collect(written.activities),
    addRejections: collect(written.rejections),
    addIdentities: collect(written.identities),
    addTasks: collect(written.tasks),
    setHeads: (heads: unknown) => Promise.resolve((written.heads = heads)),
  };
  const store = { inShard: (_: number, work: (tx: unknown) => unknown) => work(transaction) };
  const reader = (records: RawRecord[]) => ({
    read: async function* () {
      for (const record of records) yield await Promise.resolve([record]);
    },
  });
  const end = (records: RawRecord[], otherwise: number) =>
    BigInt(records.at(-1)?.offset ?? otherwise - 1) + 1n;
  const counts: ShardCounts = await rebuildShard(SHARD, {
    store: store as unknown as RebuildStore,
    readers: {
      activity: reader(activities) as unknown as PartitionReader,
      rejection: reader(rejections) as unknown as PartitionReader,
    },
    offsets: {
      activity: { partition: SHARD, earliest: 0n, end: end(activities, 0) },
      rejection: { partition: SHARD, earliest: BigInt(base), end: end(rejections, base) },
    },
    shards: SHARDS,
    onRestored: () => undefined,
  });
  return { counts, written };
}

describe('a shard that is rebuilt', () => {
  const activities = theActivities();
  const rows = rowsOf(activities);

  test('given its activities, then it has the log, the task they fold to, and the events that led to them', async () => {
    const { counts, written } = await rebuilt(published('activity', rows));
    expect(counts).toEqual({ tasks: 1, activities: 3, rejections: 0, identities: 2, rejectionsGone: 0 });
    expect(written.activities).toEqual(rows);
    expect(written.tasks).toEqual([
      {
        task: activities.reduce<Task | null>(evolve, null),
        timekeeping: NOTHING_KEPT,
        timerAt: LONG_PAST,
        identity: { tenantId: 'acme', source: '/voice', id: 'outcome' },
        origin: { flow: 'callbacks', node: 'call-back', ordinal: 0 },
      },
    ]);
    expect(written.identities).toMatchObject([
      { id: 'outcome', type: 'conversation.outcome.v1', payloadHash: null, cause: { offset: 4 } },
      { id: 'update', type: 'task.update.v1', payloadHash: null, cause: { offset: 9 }, recordedAt: RECORDED },
    ]);
    expect(written.heads).toEqual({ activity: 3, rejection: 0, rejectionBase: 0 });
  });

  test('given activities that carry another task, or none, then it is the same: the fold alone counts', async () => {
    const { written } = await rebuilt(published('activity', rows));
    const other = { ...evolve(null, activities[0]!), title: 'Something else' };
    for (const carried of [other, undefined]) {
      const carrying = activities.map((activity, i) => rowOf(activity, i + 1, carried));
      expect((await rebuilt(published('activity', carrying))).written.tasks).toEqual(written.tasks);
    }
  });

  test('given rejections from some position on, then the log begins there, and what the commands said is known', async () => {
    const refused = [rejectionRow(3), rejectionRow(4, 'not_supported')];
    const { counts, written } = await rebuilt([], published('rejection', refused), 2);
    expect(counts).toMatchObject({ rejections: 2, identities: 1, rejectionsGone: 2 });
    expect(written.rejections).toEqual(refused);
    expect(written.heads).toEqual({ activity: 0, rejection: 4, rejectionBase: 2 });
    // What was not supported left no identity: it may be sent again.
    expect(written.identities).toMatchObject([
      { id: 'refused-3', type: 'task.start.v1', became: 'rejected', payloadHash: payloadHash(COMMAND) },
    ]);
  });

  test('given that the topic let go of all rejections, then only where they ended is known', async () => {
    const { written } = await rebuilt(published('activity', rows), [], 17);
    expect(written.heads).toEqual({ activity: 3, rejection: 17, rejectionBase: 17 });
  });

  const place = `activity of shard ${SHARD}, position`;
  const [first, second, third] = published('activity', rows) as [RawRecord, RawRecord, RawRecord];
  const without = (name: string): RawRecord => {
    const { [name]: _, ...headers } = second.headers;
    return { ...second, headers };
  };
  test.each<[string, RawRecord[], string]>([
    [
      'a position that is not there',
      [first, third],
      'activity of shard 8: there is no record for position 2',
    ],
    [
      'an activity that does not follow',
      [first, ...published('activity', [rowOf(activities[2]!, 2, undefined)])],
      `${place} 2, task ${TASK_ID}: task ${TASK_ID}: activity 3 does not follow version 1`,
    ],
    [
      'another shard’s conversation',
      published('activity', [rowOf({ ...activities[0]!, conversationId: 'conv-2' }, 1, undefined)]),
      `${place} 1, task ${TASK_ID}: its conversation belongs to shard ${shardOf('conv-2', SHARDS)}`,
    ],
    [
      'what is no activity',
      [{ ...first, value: Buffer.from('hello') }],
      `${place} 1, task ${TASK_ID}: the record is no activity`,
    ],
    ['a record without its position', [first, without('position')], 'header position'],
    [
      'a record without the time it was recorded at',
      [first, without('ce_recordedtime')],
      'a time in its headers cannot be read',
    ],
    [
      'a header more than the relay writes',
      [{ ...first, headers: { ...first.headers, x: 'y' } }],
      'header x',
    ],
  ])('given %s, then nothing is rebuilt, and the place is named', async (_, records, message) => {
    await expect(rebuilt(records)).rejects.toThrow(message);
  });

  test('given that the topic of the rejections let go of some meanwhile, then it is to be run again', async () => {
    const records = published('rejection', [rejectionRow(4)]);
    await expect(rebuilt([], records, 2)).rejects.toMatchObject({
      message: expect.stringContaining('no record for position 3') as string,
      remedy: 'Run it again',
    });
  });
});
