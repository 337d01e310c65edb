import { anEvent, createCommand, MemoryShardStore } from '#libs/testing';
import { applyEvents, type InboundEvent, TenantDirectory } from './index';

const OFFICE = {
  id: 'office',
  timezone: 'Europe/Berlin',
  hours: { mon: [['09:00', '17:00']], tue: [['09:00', '17:00']] },
  holidays: [],
};

const nodes = [
  ['elapsed', { in: 'PT8H' }],
  ['working', { in: 'PT8H', calendar: 'office' }],
  ['computed', { cel: "event.time + duration('4h')" }],
].map(([id, due]) => ({ id, kind: 'create_task', task: { type: 'internal', title: id, due } }));

const FLOW = {
  id: 'flow',
  version: 1,
  definition: { id: 'flow', name: 'Flow', on: { type: 'conversation.outcome.v1' }, nodes },
};

/** Applies events while the machine's clock, everywhere, says `wallClock`. */
async function applyAt(wallClock: string, events: InboundEvent[]): Promise<MemoryShardStore> {
  jest.useFakeTimers({ now: new Date(wallClock), doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  const store = new MemoryShardStore();
  store.workforceOf.set('acme', [{ kind: 'calendar', id: 'office', body: OFFICE }]);
  store.flowsOf.set('acme', [FLOW]);
  await store.inShard(0, ['acme'], (tx) =>
    applyEvents(events, null, tx, {
      directory: new TenantDirectory(),
      now: () => '2026-11-01T00:00:00.000Z',
    }),
  );
  return store;
}

const dueDates = (store: MemoryShardStore): Record<string, string | null> =>
  Object.fromEntries([...store.state.tasks.values()].map(({ task }) => [task.title, task.dueAt]));

describe('time is the event’s', () => {
  afterEach(() => jest.useRealTimers());

  // 2 March 2026 is a Monday; 11:00 in Berlin leaves six hours of it.
  const time = '2026-03-02T10:00:00.000Z';
  const outcome = anEvent(
    { type: 'conversation.outcome.v1', data: { flowId: 'f', intent: 'i', result: 'r' } },
    { id: 'outcome', time },
  );
  const commands = [
    anEvent(createCommand({ title: 'elapsed', due: { in: 'PT8H' } }), { id: 'c1', time }),
    anEvent(createCommand({ title: 'working', due: { in: 'PT8H', calendar: 'office' } }), { id: 'c2', time }),
  ];

  it('for the due dates of a flow’s tasks, whatever the wall clock says', async () => {
    for (const wallClock of ['1999-12-31T23:59:59Z', '2040-06-01T00:00:00Z']) {
      expect(dueDates(await applyAt(wallClock, [outcome]))).toEqual({
        elapsed: '2026-03-02T18:00:00.000Z',
        working: '2026-03-03T10:00:00.000Z',
        computed: '2026-03-02T14:00:00.000Z',
      });
    }
  });

  it('for the due dates of commands, whatever the wall clock says', async () => {
    for (const wallClock of ['1999-12-31T23:59:59Z', '2040-06-01T00:00:00Z']) {
      expect(dueDates(await applyAt(wallClock, commands))).toEqual({
        elapsed: '2026-03-02T18:00:00.000Z',
        working: '2026-03-03T10:00:00.000Z',
      });
    }
  });

  it('for everything stored: on another day, the same events leave the same behind', async () => {
    const before = await applyAt('1999-12-31T23:59:59Z', [outcome, ...commands]);
    const after = await applyAt('2040-06-01T00:00:00Z', [outcome, ...commands]);
    expect(after.state).toEqual(before.state);
  });
});
