import { shardOf } from '#libs/domain';
import { type LogEntry } from '#libs/relay';
import { type RawRecord } from '#libs/processing';
import { ShardFold } from '../folding/shard.fold';
import { foldAndCompare } from './activity.comparison';
import { type Difference, Differences } from './difference';
import { jsonDifferences } from './json.difference';
import { compareEntry } from './log.comparison';
import { compareTask, missingTask, type StoredTaskRow } from './task.comparison';
import { aCreatedTask, aTaskRow, recordOf } from './verification.fixture';

const SHARD = shardOf('conv-1', 12);
const where = { shard: SHARD, shards: 12 };
const fold = (): ShardFold => new ShardFold();
const compare = (shard: ShardFold, record: RawRecord): Difference[] => foldAndCompare(shard, record, where);

describe('a task and the fold of its activities', () => {
  test('given the task as its activity made it, then nothing differs', () => {
    const { record, task } = aCreatedTask();
    const shard = fold();
    expect(compare(shard, record)).toEqual([]);
    expect(compareTask(SHARD, aTaskRow(), shard.take('acme', task.id))).toEqual([]);
    expect([...shard.rest()]).toEqual([]);
  });

  const planted: [keyof StoredTaskRow, unknown, string][] = [
    ['channel', 'message', 'channel'],
    ['conversation_id', 'conv-2', 'conversationId'],
    ['type', 'internal', 'type'],
    ['priority', 'low', 'priority'],
    ['status', 'resolved', 'status'],
    ['assignee_id', 'risk', 'assignee.id'],
    ['assignee_kind', 'agent', 'assignee.kind'],
    ['claimed_by', 'dana', 'claimedBy'],
    ['due_at', new Date('2026-03-02T12:00:00.001Z'), 'dueAt'],
    ['due_at', null, 'dueAt'],
    ['title', 'Call Back', 'title'],
    ['description', '', 'description'],
    ['created_by_kind', 'agent', 'createdBy.kind'],
    ['created_by_id', 'x', 'createdBy.id'],
    ['created_at', new Date(0), 'createdAt'],
    ['updated_at', new Date(0), 'updatedAt'],
    ['started_at', new Date(0), 'startedAt'],
    ['resolved_at', new Date(0), 'resolvedAt'],
    ['resolution', 'done', 'resolution'],
    ['overdue', true, 'overdue'],
    ['version', 2, 'version'],
    ['due_set_by', 2, 'dueSetBy'],
    ['due_said', 'overdue', 'dueSaid'],
    ['due_in', 'PT3H', 'dueBy.in'],
    ['due_calendar', 'night', 'dueBy.calendar'],
    ['due_from', new Date(0), 'dueBy.from'],
    ['claim_active_by', 1, 'claimActiveBy'],
    ['claim_active_at', new Date(0), 'claimActiveAt'],
    ['claim_flag', 'away', 'claimFlag'],
    ['origin_source', '/x', 'origin_source'],
    ['origin_event_id', 'x', 'origin_event_id'],
    ['origin_flow', 'x', 'origin_flow'],
    ['origin_node', 'x', 'origin_node'],
    ['origin_ordinal', 1, 'origin_ordinal'],
    ['origin_key', Buffer.from('x'), 'origin_key'],
  ];

  test.each(planted)(
    'given %s changed by hand to %s, then task and field %s are named',
    (column, value, field) => {
      const { record, task } = aCreatedTask();
      const shard = fold();
      compare(shard, record);
      const found = compareTask(SHARD, aTaskRow({ [column]: value }), shard.take('acme', task.id));
      expect(found.map((difference) => difference.field)).toEqual([field]);
      expect(found[0]!.message).toMatch(
        new RegExp(`^task ${task.id}: ${field}: table has .*, log folds to `),
      );
    },
  );

  test('given every column of the row, then a change of each is planted above', () => {
    const columns = new Set(planted.map(([column]) => column));
    expect(Object.keys(aTaskRow()).filter((column) => !columns.has(column as keyof StoredTaskRow))).toEqual([
      'tenant_id',
      'id',
    ]);
  });

  test('given a task the log does not make, or one the table lacks, then it is named', () => {
    const { record, task } = aCreatedTask();
    const shard = fold();
    compare(shard, record);
    expect(shard.take('other-tenant', task.id)).toBeUndefined();
    expect(compareTask(SHARD, aTaskRow(), undefined)[0]!.message).toContain(
      `task ${task.id}: id: the table has it`,
    );
    expect([...shard.rest()].map((folded) => missingTask(SHARD, folded).message)).toEqual([
      expect.stringContaining(`task ${task.id}: id: the log of shard ${SHARD} makes it`),
    ]);
  });
});

describe('folding a shard', () => {
  test('given an activity that carries another task than the log folds to, then the field is named', () => {
    const { entry } = aCreatedTask();
    const changed = {
      ...entry,
      value: entry.value.replace('"priority":"high","status"', '"priority":"low","status"'),
    };
    expect(changed.value).not.toBe(entry.value);
    expect(compare(fold(), recordOf(changed))).toMatchObject([
      { kind: 'activity', field: 'task.priority', position: 1 },
    ]);
  });

  test('given a sequence with a gap, then it is one difference, and folding goes on', () => {
    const shard = fold();
    const found = compare(shard, aCreatedTask(1, 2).record);
    expect(found.map(({ field }) => field)).toContain('sequence');
    expect(shard.size).toBe(1);
  });

  test('given a header that is not the data’s sequence, a record that is no activity, a stranger’s conversation, then each is said', () => {
    const { entry } = aCreatedTask();
    const wrongHeader = recordOf({ ...entry, headers: { ...entry.headers, ce_sequence: '2' } });
    expect(compare(fold(), wrongHeader)).toMatchObject([{ field: 'sequence' }]);
    expect(compare(fold(), recordOf({ ...entry, value: 'nonsense' }))).toMatchObject([{ field: 'data' }]);
    const elsewhere = { shard: (SHARD + 1) % 12, shards: 12 };
    expect(foldAndCompare(fold(), recordOf(entry), elsewhere)).toMatchObject([{ field: 'conversationId' }]);
  });
});

describe('a log row and its record', () => {
  const { entry, record, task } = aCreatedTask(5);

  test('given the record the relay writes from the row, then nothing differs', () => {
    expect(compareEntry('activity', 2, entry, record)).toEqual([]);
  });

  const planted: [string, Partial<LogEntry>, string][] = [
    ['key', { key: 'other' }, 'key'],
    ['a header', { headers: { ...entry.headers, ce_time: 'x' } }, 'header ce_time'],
    ['a header more', { headers: { ...entry.headers, traceparent: 'x' } }, 'header traceparent'],
    ['the value', { value: entry.value.replace('Call back', 'Call Back') }, 'data.changes[2].to'],
    ['how the value is written', { value: `${entry.value} ` }, 'data'],
  ];

  test.each(planted)(
    'given %s changed in the log, then task, position and field are named',
    (_, change, field) => {
      const found = compareEntry('activity', 2, { ...entry, ...change }, record);
      expect(found[0]).toMatchObject({ kind: 'activity', taskId: task.id, position: 5, field });
      expect(found[0]!.message).toContain(
        `task ${task.id}: activity 1 (shard 2, position 5): ${field}: log has`,
      );
    },
  );

  test('given a rejection, then its conversation is named', () => {
    const rejection = { ...entry, key: 'conv-1' };
    const [found] = compareEntry('rejection', 2, rejection, recordOf({ ...rejection, value: '{}' }));
    expect(found!.message).toContain('rejection in conversation conv-1 (shard 2, position 5): data.');
  });
});

describe('jsonDifferences', () => {
  test('names every place, the order of keys aside, and not more than wanted', () => {
    const [left, right] = [
      { a: 1, b: [1, { c: null }], d: 'x' },
      { d: 'x', a: 2, b: [1, { c: 0 }, 3] },
    ];
    expect(jsonDifferences(left, right, '').map(({ path }) => path)).toEqual(['a', 'b[1].c', 'b[2]']);
    expect(jsonDifferences(left, right, 'x', 1)).toHaveLength(1);
    expect(jsonDifferences({}, [], 'x')).toHaveLength(1);
    expect(jsonDifferences({ a: undefined }, {}, 'x')).toEqual([]);
  });
});

describe('Differences', () => {
  test('given more than it keeps, then all are counted', () => {
    const differences = new Differences(2);
    for (let i = 0; i < 5; i += 1)
      differences.add({ kind: 'task', shard: 0, field: 'x', message: String(i) });
    expect(differences.first.map(({ message }) => message)).toEqual(['0', '1']);
    expect([differences.total, differences.counts.get('task')]).toEqual([5, 5]);
  });
});
