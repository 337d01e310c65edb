import { identityKey } from '#libs/domain';
import { anEvent, createCommand, MemoryShardStore } from '#libs/testing';
import { applyEvents, type InboundEvent, type Outcome, TenantDirectory } from './index';

/** Applies events in one transaction: what `processBatch` does when nothing fails. */
function applyIn(store: MemoryShardStore, events: InboundEvent[]): Promise<Outcome[]> {
  const directory = new TenantDirectory();
  return store.inShard(0, ['acme'], (tx) =>
    applyEvents(events, null, tx, { directory, now: () => '2026-11-01T00:00:00.000Z' }),
  );
}

describe('events that are applied in one transaction', () => {
  it('are looked for among each other too: a copy further on in the batch is a duplicate', async () => {
    const store = new MemoryShardStore();
    const event = anEvent(createCommand(), { id: 'one' });
    const outcome = anEvent(
      { type: 'conversation.outcome.v1', data: { flowId: 'f', intent: 'i', result: 'r' } },
      { id: 'two' },
    );
    await expect(applyIn(store, [event, outcome, event, outcome])).resolves.toEqual([
      { kind: 'applied', tasks: 1, warnings: 0 },
      { kind: 'applied', tasks: 0, warnings: 0 },
      { kind: 'duplicate', samePayload: true },
      { kind: 'duplicate', samePayload: true },
    ]);
    expect([store.state.activities.length, store.state.applied.size]).toEqual([1, 2]);
  });

  it('have no identity in common with another tenant’s or another source’s', async () => {
    const store = new MemoryShardStore();
    const events = [
      anEvent(createCommand(), { id: 'one' }),
      anEvent(createCommand(), { id: 'one', source: '/other' }),
      anEvent(createCommand(), { id: 'one', tenantId: 'other' }),
    ];
    expect((await applyIn(store, events)).map(({ kind }) => kind)).toEqual(['applied', 'applied', 'applied']);
  });

  it('are the same as those of which only the identity is known, as in a database that was rebuilt', async () => {
    const store = new MemoryShardStore();
    const events = ['known', 'other'].map((id) => anEvent(createCommand(), { id }));
    store.state.applied.set(identityKey(events[0]!), Buffer.alloc(0));
    store.state.applied.set(identityKey(events[1]!), Buffer.from('of another payload'));
    await expect(applyIn(store, events)).resolves.toEqual([
      { kind: 'duplicate', samePayload: true },
      { kind: 'duplicate', samePayload: false },
    ]);
  });
});
