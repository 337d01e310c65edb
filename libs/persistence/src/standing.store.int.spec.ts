import { identityKey } from '#libs/domain';
import { applyEvents, type InboundEvent, type ShardTransaction, TenantDirectory } from '#libs/processing';
import { anEvent, createCommand, createTestDatabase, type TestDatabase } from '#libs/testing';
import { PostgresShardStore, PostgresStandingStore } from './index';

describe('what stands, on PostgreSQL', () => {
  let db: TestDatabase;
  let store: PostgresShardStore;
  let standing: PostgresStandingStore;

  beforeAll(async () => {
    db = await createTestDatabase();
    store = new PostgresShardStore(db.app);
    standing = new PostgresStandingStore(db.app);
  });
  afterAll(() => db.drop());

  const directory = new TenantDirectory();
  const apply = (tx: ShardTransaction, ...events: InboundEvent[]) =>
    applyEvents(events, null, tx, { directory, now: () => '2026-11-01T00:00:00.000Z' });
  const applied = async (...events: InboundEvent[]): Promise<void> => {
    await store.inShard(1, ['acme'], (tx) => apply(tx, ...events));
  };
  const made = async (event: InboundEvent) => {
    const found = await standing.asItStands(1, ['acme'], (view) => view.made([event]));
    return found.get(identityKey(event));
  };

  it('cannot be written to: the database refuses', async () => {
    const writes = standing.asItStands(1, ['acme'], (view) =>
      apply(view as unknown as ShardTransaction, anEvent(createCommand())),
    );
    await expect(writes).rejects.toThrow('read-only transaction');
  });

  it('is looked at while another holds the shard’s lock, as it was before that one commits', async () => {
    const event = anEvent(createCommand());
    await store.inShard(1, ['acme'], async (tx) => {
      await apply(tx, event);
      const seen = await standing.asItStands(1, ['acme'], (view) => view.appliedEvents([event]));
      expect(seen.size).toBe(0);
    });
    expect(await standing.asItStands(1, ['acme'], (view) => view.appliedEvents([event]))).toHaveProperty(
      'size',
      1,
    );
  });

  it('is one moment’s, whoever commits meanwhile', async () => {
    const event = anEvent(createCommand());
    await standing.asItStands(1, ['acme'], async (view) => {
      expect((await view.appliedEvents([event])).size).toBe(0);
      await applied(event);
      expect((await view.appliedEvents([event])).size).toBe(0);
    });
  });

  it('tells what an outcome said', async () => {
    const data = { flowId: 'f', intent: 'i', result: 'r', slots: { city: 'Köln' } };
    const event = anEvent({ type: 'conversation.outcome.v1', data });
    await applied(event);
    const { time, conversationId } = event;
    const content = { of: 'outcome', time, data };
    expect(await made(event)).toEqual({ type: 'conversation.outcome.v1', conversationId, content });
  });

  it('tells what a creation became at first', async () => {
    const event = anEvent(createCommand({ title: 'one', due: { in: 'PT1H' } }));
    await applied(event);
    expect(await made(event)).toMatchObject({
      type: 'task.create.v1',
      content: {
        of: 'creation',
        time: event.time,
        actor: { kind: 'agent', id: 'eli' },
        fields: { title: 'one', priority: 'high', dueAt: '2026-03-02T11:00:00.000Z' },
      },
    });
  });

  it('tells what a command said that was refused', async () => {
    const event = anEvent(createCommand({ assignee: { kind: 'team', id: 'nobody' } }));
    await applied(event);
    expect(await made(event)).toMatchObject({
      content: { of: 'rejection', data: { assignee: { kind: 'team', id: 'nobody' } } },
    });
  });

  it('knows nothing of an event that was never applied, or is another tenant’s', async () => {
    const event = anEvent(createCommand());
    expect(await made(event)).toBeUndefined();
    await applied(event);
    const theirs = await standing.asItStands(1, ['other'], (view) => view.made([event]));
    expect(theirs.size).toBe(0);
  });

  it('finds messages', async () => {
    const message = { messageId: 'm1', from: { kind: 'customer' as const, id: 'c1' }, text: 'hello "there"' };
    await applied(anEvent({ type: 'conversation.message.v1', data: message }, { conversationId: 'conv-m' }));
    const key = { tenantId: 'acme', conversationId: 'conv-m', messageId: 'm1' };
    const found = await standing.asItStands(1, ['acme'], (view) =>
      view.messages([key, { ...key, messageId: 'm2' }]),
    );
    expect(found).toEqual([{ ...key, ...message, sentAt: '2026-03-02T10:00:00.000Z' }]);
  });
});
