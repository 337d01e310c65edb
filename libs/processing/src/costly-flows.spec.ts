import { aRecord, anEvent, MemoryShardStore } from '#libs/testing';
import { type InboundEvent, KeyedQueue, processBatch, TenantDirectory } from './index';

/** Events of one shard, and a tenant whose flow spends all it may on each outcome. */
function world(events: InboundEvent[]) {
  const store = new MemoryShardStore();
  const definition = {
    id: 'costly',
    name: 'Costly',
    on: { type: 'conversation.outcome.v1' },
    nodes: Array.from({ length: 20 }, (_, i) => ({
      id: `n${i}`,
      kind: 'create_task',
      when: i === 0 ? 'true' : 'outcome.items.all(a, outcome.items.all(b, true))',
      task: { type: 'follow_up', title: 'Call back' },
    })),
  };
  store.flowsOf.set('acme', [{ id: 'costly', version: 1, definition }]);
  const records = events.map((_, offset) => aRecord(offset, String(offset)));
  const run = () =>
    processBatch(
      records,
      {
        intake: { read: ({ offset }) => ({ kind: 'event', event: events[Number(offset)]! }) },
        store,
        deadLetters: { publish: () => Promise.resolve() },
        directory: new TenantDirectory(),
        queue: new KeyedQueue(),
        now: () => '2026-11-01T00:00:00.000Z',
        shardOf: () => 0,
      },
      { isRunning: () => true },
    );
  return { store, run };
}

const outcome = (id: string) => {
  const data = { flowId: 'f', intent: 'i', result: 'r', slots: {}, items: Array<number>(1_000).fill(1) };
  return anEvent({ type: 'conversation.outcome.v1', data }, { id });
};
const ids = Array.from({ length: 15 }, (_, i) => `o-${i}`);

describe('events whose flows are costly', () => {
  it('are applied in several transactions, each once and in order, with the position in the last', async () => {
    const { store, run } = world(ids.map(outcome));
    const outcomes = await run();
    expect(outcomes.map((each) => each.kind === 'applied' && each.tasks)).toEqual(ids.map(() => 1));
    // Some 600,000 units an event, of 3,000,000 a transaction.
    expect(store.transactions).toBe(3);
    expect(store.state.activities.map(({ position, cause }) => [position, cause.id])).toEqual(
      ids.map((id, i) => [i + 1, id]),
    );
    expect([...store.state.positions.values()]).toEqual([expect.objectContaining({ nextOffset: '15' })]);
  });

  it('are duplicates of what came in a transaction before', async () => {
    const { run } = world([...ids, ...ids].map(outcome));
    const outcomes = await run();
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      ...ids.map(() => 'applied'),
      ...ids.map(() => 'duplicate'),
    ]);
  });

  it('are not applied twice when a later transaction fails: only what it had is tried again', async () => {
    const { store, run } = world(ids.map(outcome));
    store.poison = (changes) =>
      changes.activities.some(({ cause }) => cause.id === 'o-12') ? new Error('no') : null;
    const outcomes = await run();
    expect(outcomes.map(({ kind }) => kind)).toEqual(
      ids.map((id) => (id === 'o-12' ? 'dead_letter' : 'applied')),
    );
    expect(store.state.activities).toHaveLength(14);
  });
});
