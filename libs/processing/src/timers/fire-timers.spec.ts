import { anEvent, createCommand, MemoryShardStore } from '#libs/testing';
import { applyEvents } from '../apply-events';
import { KeyedQueue } from '../keyed-queue';
import { Interrupted, type Patience } from '../patience';
import { type InboundEvent } from '../inbound-event';
import { BrokerOutage, type ShardStore, StoreOutage } from '../shard.store';
import { TenantDirectory } from '../tenant-directory';
import { fireTimers, type TimerPorts } from './fire-timers';
import { type InputEnds } from './timer.source';

const DUE = '2026-03-02T12:00:00.000Z';
const AFTER = '2026-03-02T12:00:01.000Z';

/** A shard's store, an input that can be behind, and a clock. */
function world(time = AFTER) {
  const store = new MemoryShardStore();
  const directory = new TenantDirectory();
  const now = (): string => '2026-11-01T00:00:00.000Z';
  const queue = new KeyedQueue<number>();
  const input = { end: 0n, applied: 0n, asked: 0 };
  const patience = { running: true, waits: [] as string[] };
  const ports: TimerPorts = {
    store,
    queue,
    directory,
    now,
    timers: store,
    clock: () => time,
    inputs: {
      ends: async () => {
        input.asked += 1;
        return new Map([['conversation-events.call/0', input.end]]);
      },
      hasPassed: async (ends: InputEnds) => [...ends.values()].every((end) => input.applied >= end),
    },
  };
  const apply = (shard: number, ...events: InboundEvent[]) =>
    store.inShard(shard, [], (tx) => applyEvents(events, null, tx, { directory, now }));
  const fire = (shards = [0]): Promise<number> => {
    const waiting: Patience = {
      isRunning: () => patience.running,
      onWait: (error) => patience.waits.push(error.name),
    };
    return fireTimers(shards, ports, waiting);
  };
  const said = (): string[] =>
    store.state.activities
      .filter(({ actor }) => actor.kind === 'system')
      .map(({ type, time: at }) => `${type} ${at}`);
  return { store, ports, input, patience, apply, fire, said };
}

const TASK = '22222222-2222-4222-8222-222222222222';
const created = (over: Partial<InboundEvent> = {}, taskId?: string): InboundEvent =>
  anEvent(createCommand({ taskId, due: { at: DUE } }), over);
const resolved = (): InboundEvent =>
  anEvent({
    type: 'task.resolve.v1',
    data: { taskId: TASK, actor: { kind: 'service', id: 'crm' } },
  });
const ALL = ['task.due_soon.v1 2026-03-02T11:00:00.000Z', `task.overdue.v1 ${DUE}`];

describe('timers fire', () => {
  test('when the clock has passed their moment, once, however often it is looked', async () => {
    const at = world();
    await at.apply(0, created());
    expect([await at.fire(), await at.fire(), at.said()]).toEqual([2, 0, ALL]);
  });

  test('not before, and then nobody asks the broker anything', async () => {
    const at = world('2026-03-02T10:59:59.999Z');
    await at.apply(0, created());
    expect([await at.fire(), at.said(), at.input.asked]).toEqual([0, [], 0]);
  });

  test('in the shards that are this worker’s, and in no others', async () => {
    const at = world();
    await at.apply(0, created());
    await at.apply(1, created());
    await at.fire([1]);
    expect(at.store.state.activities.filter(({ actor }) => actor.kind === 'system')).toMatchObject([
      { shard: 1 },
      { shard: 1 },
    ]);
  });

  test('after everything that the input held, so that a task resolved in time is never overdue', async () => {
    const at = world();
    await at.apply(0, created({}, TASK));
    at.input.end = 7n;
    const firing = at.fire();
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(at.said()).toEqual([]);
    await at.apply(0, resolved());
    at.input.applied = 7n;
    expect([await firing, at.said()]).toEqual([0, []]);
    // And nobody looks at it again.
    expect([...(await at.store.shardsDue([0], AFTER))]).toEqual([]);
  });

  test('for many tasks in several transactions, of all tenants', async () => {
    const at = world();
    const tenants = ['acme', 'other'];
    await at.apply(0, ...Array.from({ length: 450 }, (_, i) => created({ tenantId: tenants[i % 2] })));
    const before = at.store.transactions;
    expect(await at.fire()).toBe(900);
    expect(at.store.transactions - before).toBe(9);
  });

  test('so that at least as much time as they take is left to others', async () => {
    const at = world();
    await at.apply(0, ...Array.from({ length: 150 }, () => created()));
    const inShard: ShardStore['inShard'] = at.store.inShard.bind(at.store);
    let took = 0;
    at.ports.store = {
      storePosition: () => Promise.reject(new Error('no timer stores a position')),
      inShard: async (...transaction) => {
        const began = performance.now();
        await new Promise((resolve) => setTimeout(resolve, 30));
        const result = await inShard(...transaction);
        took += performance.now() - began;
        return result;
      },
    };
    const began = performance.now();
    await at.fire();
    // A timer of Node's may be a millisecond early.
    expect(performance.now() - began).toBeGreaterThanOrEqual(2 * took - 3);
  });

  test('once for each date, also when two workers fire at the same time', async () => {
    const at = world();
    await at.apply(0, ...Array.from({ length: 20 }, () => created()));
    const counts = await Promise.all([at.fire(), at.fire(), at.fire()]);
    expect([counts.reduce((a, b) => a + b), at.said().length]).toEqual([40, 40]);
  });

  test('once the outage is over, of the database or of the broker', async () => {
    const at = world();
    await at.apply(0, created());
    at.store.faults.push({ at: 'begin', error: new StoreOutage('away') });
    const { ends } = at.ports.inputs;
    let asked = 0;
    at.ports.inputs.ends = async () => {
      asked += 1;
      if (asked === 1) throw new BrokerOutage('away');
      return ends();
    };
    expect([await at.fire(), at.patience.waits.length]).toEqual([2, 2]);
  });

  test('though one task’s cannot, which is named', async () => {
    const at = world();
    await at.apply(0, created({}, TASK), ...Array.from({ length: 5 }, () => created()));
    await at.apply(1, created());
    at.store.poison = ({ activities }) =>
      activities.some(({ taskId }) => taskId === TASK) ? new Error('no') : null;
    await expect(at.fire([0, 1])).rejects.toThrow(`task ${TASK}: no`);
    expect(at.said().length).toBe(12);
    at.store.poison = () => null;
    expect(await at.fire([0, 1])).toBe(2);
  });

  test('no more when the worker is told to stop while the input is behind', async () => {
    const at = world();
    await at.apply(0, created());
    at.input.end = 1n;
    const firing = at.fire();
    at.patience.running = false;
    await expect(firing).rejects.toThrow(Interrupted);
    expect(at.said()).toEqual([]);
  });
});

test('a task whose due-soon moment has moved with the tenant’s policy is scheduled anew instead', async () => {
  const at = world('2026-03-02T11:30:00.000Z');
  await at.apply(0, created());
  at.store.workforceOf.set('acme', [
    { kind: 'policy', id: 'default', body: { id: 'default', dueSoon: { before: 'PT10M' } } },
  ]);
  expect([await at.fire(), at.said()]).toEqual([0, []]);
  expect([...(await at.store.shardsDue([0], '2026-03-02T11:49:59.999Z'))]).toEqual([]);
  expect([...(await at.store.shardsDue([0], '2026-03-02T11:50:00.000Z'))]).toEqual([
    [0, '2026-03-02T11:50:00.000Z'],
  ]);
});
