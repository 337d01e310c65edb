import { anEvent, createCommand, MemoryShardStore } from '#libs/testing';
import {
  applyEvents,
  type InboundEvent,
  type Outcome,
  SharedTransactions,
  type SharingTuning,
  StoreConflict,
  StoreOutage,
  TenantDirectory,
} from './index';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A store whose transactions are written down: which shards shared each, when it began and when it ended. */
function world(tuning: Partial<SharingTuning> = {}, lastsMs = 0) {
  const store = new MemoryShardStore();
  const seen: { shards: number[]; began: number; ended: number }[] = [];
  let underWay = 0;
  let most = 0;
  const inShards = store.inShards.bind(store);
  store.inShards = async (works) => {
    const began = performance.now();
    most = Math.max(most, ++underWay);
    try {
      if (lastsMs > 0) await pause(lastsMs);
      return await inShards(works);
    } finally {
      underWay -= 1;
      seen.push({ shards: works.map(({ shard }) => shard), began, ended: performance.now() });
    }
  };
  const shared = new SharedTransactions(store, { rest: 0, ...tuning });
  const directory = new TenantDirectory();
  const apply = (shard: number, events: InboundEvent[], size: number | undefined = events.length) =>
    shared.inShard<Outcome[]>(
      shard,
      ['acme'],
      (tx) => applyEvents(events, null, tx, { directory, now: () => '2026-11-01T00:00:00.000Z' }),
      size,
    );
  return { store, shared, seen, apply, most: () => most, shards: () => seen.map(({ shards }) => shards) };
}

const create = (id: string, title = id): InboundEvent => anEvent(createCommand({ title }), { id });
const applied = { kind: 'applied', tasks: 1, warnings: 0 };

describe('work of different shards', () => {
  test('that comes at once shares a transaction, and each is answered and logged for itself', async () => {
    const { apply, shards, store } = world();
    const outcomes = await Promise.all([
      apply(0, [create('a'), create('a')]),
      apply(1, [create('b')]),
      apply(2, [create('c')]),
    ]);
    expect(outcomes).toEqual([[applied, { kind: 'duplicate', samePayload: true }], [applied], [applied]]);
    expect(shards()).toEqual([[0, 1, 2]]);
    const logged = store.state.activities.map(({ shard, position, task }) => [shard, position, task.title]);
    expect(logged.sort()).toEqual([
      [0, 1, 'a'],
      [1, 1, 'b'],
      [2, 1, 'c'],
    ]);
  });

  test('comes in the order asked, in as many transactions as it takes, and never twice of a shard in one', async () => {
    const { apply, shards } = world({ mostEvents: 3, atOnce: 1 });
    const some = (shard: number, ...ids: string[]) =>
      apply(
        shard,
        ids.map((id) => create(id)),
      );
    await Promise.all([
      some(0, 'a', 'b'),
      some(1, 'c', 'd'),
      some(0, 'e'),
      some(2, 'f'),
      some(3, 'g', 'h', 'i', 'j'),
    ]);
    expect(shards()).toEqual([[0, 2], [1, 0], [3]]);
  });

  test('that is not small, or does not say how much it is, shares with nobody', async () => {
    const { apply, shards, shared } = world({ mostEvents: 2 });
    const heads = (shard: number) => shared.inShard(shard, ['acme'], (tx) => tx.heads());
    await Promise.all([
      apply(0, [create('a'), create('b'), create('c')]),
      heads(1),
      heads(2),
      apply(3, [create('d')]),
    ]);
    expect(shards()).toHaveLength(4);
  });

  test('is under way in no more transactions than allowed', async () => {
    const { shared, most } = world({ atOnce: 2 }, 5);
    await Promise.all([0, 1, 2, 3, 4].map((shard) => shared.inShard(shard, ['acme'], (tx) => tx.heads())));
    expect(most()).toBe(2);
  });

  test('has half of those while all of it is small, and all of them when something is not', async () => {
    const { apply, most } = world({ atOnce: 4, mostEvents: 2 }, 5);
    const one = (shard: number) => apply(shard, [create(`${shard}`), create(`${shard} too`)]);
    await Promise.all([0, 1, 2, 3, 4, 5].map(one));
    expect(most()).toBe(2);
    await Promise.all([
      one(6),
      one(7),
      one(8),
      apply(
        9,
        ['x', 'y', 'z'].map((id) => create(id)),
      ),
    ]);
    expect(most()).toBe(4);
  });

  test('of which one fails is done again, each by itself: it alone fails, and nothing is done twice', async () => {
    const { apply, shards, store } = world();
    store.poison = ({ tasks }) =>
      tasks.some(({ task }) => task.title === 'poison') ? new Error('value out of range') : null;
    const settled = await Promise.allSettled([
      apply(0, [create('a')]),
      apply(1, [create('b', 'poison')]),
      apply(2, [create('c')]),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(settled[1]).toMatchObject({ reason: { message: 'value out of range' } });
    expect(shards().sort()).toEqual([[0], [0, 1, 2], [1], [2]].sort());
    expect(store.state.activities.map(({ task }) => task.title).sort()).toEqual(['a', 'c']);
  });

  test('that has the same event counts it once', async () => {
    const { apply, store } = world({ atOnce: 1 });
    const outcomes = await Promise.all([apply(0, [create('a')]), apply(1, [create('a')])]);
    expect(outcomes).toEqual([[applied], [{ kind: 'duplicate', samePayload: true }]]);
    expect(store.state.activities).toHaveLength(1);
  });

  test('is told of an outage, all of it, and not done again unasked', async () => {
    const { apply, shards, store } = world();
    store.faults.push({ at: 'committed', error: new StoreOutage('away') });
    const settled = await Promise.allSettled([apply(0, [create('a')]), apply(1, [create('b')])]);
    for (const each of settled) expect(each).toMatchObject({ reason: expect.any(StoreOutage) });
    expect(shards()).toEqual([[0, 1]]);
  });

  test('is told of a conflict when it was alone', async () => {
    const { apply, store } = world();
    store.faults.push({ at: 'write', error: new StoreConflict('taken meanwhile') });
    await expect(apply(0, [create('a')])).rejects.toBeInstanceOf(StoreConflict);
  });

  test('leaves a rest to others behind a transaction that was shared', async () => {
    const { apply, seen } = world({ rest: 2, atOnce: 1 }, 20);
    await Promise.all([apply(0, [create('a')]), apply(1, [create('b')]), apply(0, [create('c')])]);
    const [first, second] = seen;
    const rest = Math.min(100, 3 * (first!.ended - first!.began));
    // A timer of Node's may be a millisecond early.
    expect(second!.began - first!.began).toBeGreaterThanOrEqual(rest - 2);
  });

  test('does not rest behind what came alone, nor when there is enough for a full transaction', async () => {
    const { apply, shards } = world({ rest: Infinity, longestApartMs: Infinity, mostEvents: 3 });
    await apply(0, [create('alone')]);
    await Promise.all([apply(0, [create('a')]), apply(1, [create('0')])]);
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance', 'nextTick', 'queueMicrotask'] });
    try {
      const waiting = [apply(0, [create('b')]), apply(1, [create('c')])];
      for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve));
      expect(shards()).toEqual([[0], [0, 1]]);
      // No timer will ever end, so only this can begin it.
      await Promise.all([...waiting, apply(2, [create('d')])]);
      expect(shards()).toEqual([[0], [0, 1], [0, 1, 2]]);
    } finally {
      jest.useRealTimers();
    }
  });
});
