import { anEvent, aRecord, createCommand, MemoryShardStore } from '#libs/testing';
import { applyEvents } from '../apply-events';
import { type InboundEvent } from '../inbound-event';
import { KeyedQueue } from '../keyed-queue';
import { type WorkforceEntry } from '../shard.store';
import { TenantDirectory } from '../tenant-directory';
import { applyConsequences } from './apply-consequences';

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri'];
const office = (opens: string, over: object = {}): WorkforceEntry => ({
  kind: 'calendar',
  id: 'office',
  body: {
    id: 'office',
    timezone: 'UTC',
    hours: Object.fromEntries(WEEKDAYS.map((day) => [day, [[opens, '17:00']]])),
    ...over,
  },
});
const TASK = '44444444-4444-4444-8444-444444444444';
/** A Monday, half past four. */
const TIME = '2026-03-02T16:30:00.000Z';
const PT2H = { in: 'PT2H', calendar: 'office' };

function world() {
  const store = new MemoryShardStore();
  const directory = new TenantDirectory();
  const now = (): string => '2026-11-01T00:00:00.000Z';
  const ports = { store, directory, now, tasks: store, queue: new KeyedQueue<number>() };
  let revision = 0;
  const become = (calendar: WorkforceEntry | null): void => {
    // The memory's revision is how many entries there are.
    revision += 1;
    const fill = Array.from({ length: revision * 5 }, (_, i) => ({
      kind: 'team' as const,
      id: `t${i}`,
      body: {},
    }));
    store.workforceOf.set('acme', [...(calendar ? [calendar] : []), ...fill]);
  };
  become(office('09:00'));
  const apply = (shard: number, ...events: InboundEvent[]) =>
    store.inShard(shard, [], (tx) => applyEvents(events, null, tx, { directory, now }));
  const change = (calendar: WorkforceEntry | null, offset = 8): Promise<number> => {
    become(calendar);
    const event = calendar && { source: '/hr', id: `e-${offset}`, time: '2026-03-02T18:00:00.000Z' };
    return applyConsequences(
      [
        {
          change: { tenantId: 'acme', kind: 'calendar', id: 'office', body: calendar?.body ?? null, event },
          record: aRecord(offset, null, { topic: 'workforce' }),
        },
      ],
      ports,
      { isRunning: () => true },
    );
  };
  const last = () => store.state.activities.at(-1)!;
  return { store, apply, change, last };
}
const created = (due: { at: string } | { in: string; calendar?: string }, taskId?: string): InboundEvent =>
  anEvent(createCommand({ taskId, due }), { time: TIME });

test('a calendar that changes moves the due dates it gave, counted from when they first were', async () => {
  const at = world();
  await at.apply(3, created(PT2H, TASK));
  expect(at.last()).toMatchObject({
    due: { ...PT2H, from: TIME },
    task: { dueAt: '2026-03-03T10:30:00.000Z' },
  });
  expect(await at.change(office('11:00'))).toBe(1);
  expect(at.last()).toMatchObject({
    type: 'task.due_date_changed.v1',
    actor: { kind: 'system', id: 'workforce' },
    reason: "calendar 'office' changed",
    time: '2026-03-02T18:00:00.000Z',
    changes: [{ field: 'dueAt', from: '2026-03-03T10:30:00.000Z', to: '2026-03-03T12:30:00.000Z' }],
    due: { ...PT2H, from: TIME },
    cause: { source: '/hr', id: 'e-8', topic: 'workforce', partition: 0, offset: 8 },
  });
  // And again from the same moment.
  expect(await at.change(office('09:00', { holidays: ['2026-03-03'] }), 9)).toBe(1);
  expect(at.last().task.dueAt).toBe('2026-03-04T10:30:00.000Z');
});

test('done again after a crash, it does nothing', async () => {
  const at = world();
  await at.apply(3, created(PT2H));
  expect([await at.change(office('11:00')), await at.change(office('11:00'))]).toEqual([1, 0]);
});

test.each<[string, InboundEvent[]]>([
  ['no calendar gave', [created({ in: 'PT2H' })]],
  [
    'was set by hand since',
    [
      created(PT2H, TASK),
      anEvent({
        type: 'task.update.v1',
        data: { taskId: TASK, actor: { kind: 'service', id: 'crm' }, due: { at: '2026-03-05T00:00:00Z' } },
      }),
    ],
  ],
  [
    'is of a task that has ended',
    [
      created(PT2H, TASK),
      anEvent({ type: 'task.resolve.v1', data: { taskId: TASK, actor: { kind: 'service', id: 'crm' } } }),
    ],
  ],
])('a due date that %s stays', async (_, events) => {
  const at = world();
  await at.apply(3, ...events);
  expect(await at.change(office('11:00'))).toBe(0);
});

test('with the calendar gone, or without hours, dates stay as they are', async () => {
  const at = world();
  await at.apply(3, created(PT2H));
  expect([await at.change(null), await at.change(office('09:00', { hours: {} }))]).toEqual([0, 0]);
});

test('an earlier date does not take back that the task is overdue, a later one does', async () => {
  const at = world();
  await at.apply(3, created(PT2H, TASK));
  const record = at.store.state.tasks.get(`acme\0${TASK}`)!;
  at.store.state.tasks.set(`acme\0${TASK}`, { ...record, task: { ...record.task, overdue: true } });
  await at.change(office('08:00'));
  expect(at.last().task).toMatchObject({ dueAt: '2026-03-03T09:30:00.000Z', overdue: true });
  await at.change(office('11:00'));
  expect(at.last().task).toMatchObject({ dueAt: '2026-03-03T12:30:00.000Z', overdue: false });
});

test('many dates move in several transactions, in every shard', async () => {
  const at = world();
  for (const shard of [0, 1]) await at.apply(shard, ...Array.from({ length: 310 }, () => created(PT2H)));
  const before = at.store.transactions;
  expect(await at.change(office('11:00'))).toBe(620);
  // Pages of 500 and 120 tasks, of two shards each, 200 at once at most.
  expect(at.store.transactions - before).toBeLessThanOrEqual(6);
});
