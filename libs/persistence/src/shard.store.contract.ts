import {
  identityKey,
  type RecordedActivity,
  type Task,
  type TaskCommand,
  type TaskRecord,
  type Timekeeping,
} from '#libs/domain';
import { anEvent, createCommand } from '#libs/testing';
import {
  applyEvents,
  type InboundEvent,
  type InputPosition,
  KeyedQueue,
  type Outcome,
  RequestDesk,
  type ShardTransaction,
  type ShardTransactions,
  StoreConflict,
  type TaskFinder,
  TenantDirectory,
  type TimerSource,
} from '#libs/processing';

/** What a suite needs to look into a store beside the port. */
export interface StoreUnderTest {
  store: ShardTransactions;
  timers: TimerSource;
  finder: TaskFinder;
  activities(): Promise<{ shard: number; position: number; title: string }[]>;
  counts(): Promise<Record<'conversations' | 'messages' | 'outcomes' | 'applied' | 'tasks', number>>;
  position(topic: string, partition: number): Promise<string | null>;
}

const NOW = '2026-11-01T00:00:00.000Z';

/** What every `ShardStore` must do; run against the one on PostgreSQL and the one in memory. */
export function shardStoreContract(make: () => StoreUnderTest): void {
  let tested: StoreUnderTest;
  let run = 0;
  const directory = new TenantDirectory();
  /** Events to be applied to a shard. */
  const working = (shard: number, events: InboundEvent[], position: InputPosition | null = null) => ({
    shard,
    tenantIds: [...new Set(events.map(({ tenantId }) => tenantId))],
    work: (tx: ShardTransaction): Promise<Outcome[]> =>
      applyEvents(events, position, tx, { directory, now: () => NOW }),
  });
  const apply = (...events: Parameters<typeof working>): Promise<Outcome[]> => {
    const { shard, tenantIds, work } = working(...events);
    return tested.store.inShard(shard, tenantIds, work);
  };
  /** Tenants of the test's own, so that tests do not meet in one database. */
  const tenant = (name = 'a'): string => `${name}-${run}`;
  const create = (id: string, over: Partial<InboundEvent> = {}): InboundEvent =>
    anEvent(createCommand({ title: id }), { id, tenantId: tenant(), ...over });

  beforeEach(() => {
    tested = make();
    run += 1;
  });

  it('stores what a batch leads to, and finds it again', async () => {
    const before = await tested.counts();
    const message = anEvent(
      {
        type: 'conversation.message.v1',
        data: { messageId: 'm1', from: { kind: 'customer', id: 'c1' }, text: 'hello "there" \\ {x}' },
      },
      { tenantId: tenant() },
    );
    const outcome = anEvent(
      {
        type: 'conversation.outcome.v1',
        data: { flowId: 'f', intent: 'i', result: 'r', extra: { deep: [1, null, '😀'] } },
      },
      { tenantId: tenant() },
    );
    await apply(1, [message, outcome, create('one')]);
    const after = await tested.counts();
    expect(
      Object.fromEntries(Object.entries(after).map(([k, n]) => [k, n - before[k as keyof typeof before]])),
    ).toEqual({
      conversations: 1,
      messages: 1,
      outcomes: 1,
      applied: 2,
      tasks: 1,
    });
    await tested.store.inShard(1, [tenant()], async (tx) => {
      const [conversation] = await tx.conversations([{ tenantId: tenant(), conversationId: 'conv-1' }]);
      expect(conversation).toMatchObject({
        customer: { id: 'c1', name: null, address: null },
        startedAt: null,
      });
      const known = await tx.appliedEvents([outcome, create('never')]);
      expect([...known]).toEqual([[identityKey(outcome), outcome.payloadHash]]);
    });
  });

  it('gives the task back as it was decided, every field', async () => {
    let decided: RecordedActivity | undefined;
    const taskId = `aaaaaaaa-0000-4000-8000-00000000000${run % 10}`;
    const event = anEvent(
      createCommand({ taskId, description: 'line\nbreak', due: { at: '2030-01-01T00:00:00.001Z' } }),
      {
        tenantId: tenant(),
      },
    );
    await tested.store.inShard(2, [tenant()], async (tx) => {
      const write = tx.write.bind(tx);
      tx.write = async (changes) => {
        decided = changes.activities[0];
        await write(changes);
      };
      await applyEvents([event], null, tx, { directory, now: () => NOW });
    });
    const [record] = await tested.store.inShard(2, [tenant()], (tx) =>
      tx.tasks([{ tenantId: tenant(), taskId }]),
    );
    expect(record!.task).toEqual<Task>(decided!.task);
  });

  it('writes what became of a task that was there, every field, and of no other', async () => {
    const ids = [1, 2].map((n) => `bbbbbbbb-000${n}-4000-8000-0000000000${String(run).padStart(2, '0')}`);
    const read = () =>
      tested.store.inShard(2, [tenant()], (tx) =>
        tx.tasks(ids.map((taskId) => ({ tenantId: tenant(), taskId }))),
      );
    const one = (id: string): InboundEvent =>
      anEvent(createCommand({ taskId: id }), { id, tenantId: tenant() });
    await apply(2, ids.map(one));
    const [first, second] = (await read()).sort((x, y) => (x.task.id < y.task.id ? -1 : 1));
    const task: Task = {
      ...first!.task,
      ...{ type: 'internal', priority: 'low', status: 'resolved', title: 'become', description: 'more' },
      ...{
        assignee: { kind: 'team', id: 'bookings' },
        claimedBy: 'mia',
        resolution: 'called',
        overdue: true,
      },
      ...{ dueAt: '2031-02-03T04:05:06.007Z', updatedAt: '2026-11-02T00:00:00.000Z' },
      ...{ startedAt: '2026-11-01T01:00:00.000Z', resolvedAt: '2026-11-02T00:00:00.000Z', version: 4 },
    };
    const timekeeping: Timekeeping = {
      ...{ dueSetBy: 2, dueSaid: 'overdue', claimFlag: 'away' },
      ...{ claimActiveBy: 3, claimActiveAt: '2026-11-01T01:00:00.000Z' },
      dueBy: { in: 'PT4H', calendar: 'office', from: '2026-10-31T00:00:00.000Z' },
    };
    const changed = { task, timekeeping };
    let writes = 0;
    const write = (record: TaskRecord): Promise<unknown> =>
      tested.store.inShard(2, [tenant()], async (tx) => {
        const change = tx.write.bind(tx);
        tx.write = (changes) =>
          change({ ...changes, changedTasks: [{ ...record, timerAt: '2026-11-03T00:00:00.000Z' }] });
        writes += 1;
        const another = create(`another ${writes}`, { conversationId: 'other' });
        await applyEvents([another], null, tx, { directory, now: () => NOW });
      });
    await write(changed);
    expect((await read()).sort((x, y) => (x.task.id < y.task.id ? -1 : 1))).toEqual([changed, second]);
    expect(await tested.timers.tasksDue(2, '2026-11-03T00:00:00.000Z', 10)).toEqual([
      { tenantId: tenant(), taskId: task.id },
    ]);
    expect(await tested.timers.tasksDue(2, '2026-11-02T23:59:59.999Z', 10)).toEqual([]);
    const mia = { tenantId: tenant(), agentId: 'mia' };
    expect(await tested.finder.claimedBy([mia])).toEqual([]);
    await write({ ...changed, task: { ...task, status: 'to_do' } });
    expect(await tested.finder.claimedBy([mia, { ...mia, agentId: 'max' }])).toEqual([
      { tenantId: tenant(), taskId: task.id, shard: 2 },
    ]);
    const office = { tenantId: tenant(), calendarId: 'office' };
    expect(await tested.finder.dueBy(office, null, 10)).toEqual([
      { tenantId: tenant(), taskId: task.id, shard: 2 },
    ]);
    expect(await tested.finder.dueBy(office, task.id, 10)).toEqual([]);
  });

  it('changes nothing when the same events come again', async () => {
    const events = [
      anEvent(
        { type: 'conversation.started.v1', data: { customer: { id: 'c', name: 'Ann' } } },
        { tenantId: tenant() },
      ),
      anEvent(
        {
          type: 'conversation.message.v1',
          data: { messageId: 'm', from: { kind: 'agent', id: 'x' }, text: 't' },
        },
        { tenantId: tenant() },
      ),
      create('one'),
    ];
    await apply(1, events);
    const before = [await tested.counts(), await tested.activities()];
    await apply(1, events);
    expect([await tested.counts(), await tested.activities()]).toEqual(before);
  });

  it('leaves nothing behind when the work throws', async () => {
    const before = [await tested.counts(), await tested.activities()];
    const fails = tested.store.inShard(1, [tenant()], async (tx) => {
      await applyEvents([create('one')], null, tx, { directory, now: () => NOW });
      throw new Error('afterwards');
    });
    await expect(fails).rejects.toThrow('afterwards');
    expect([await tested.counts(), await tested.activities()]).toEqual(before);
  });

  it('does the work of several shards in one transaction, each with its own shard’s lock, log and position', async () => {
    const other = { tenantId: tenant('b') };
    await apply(6, [create('known'), create('also known', other)]);
    const headOf = async (shard: number): Promise<number> =>
      (await tested.activities()).filter((each) => each.shard === shard).length;
    const before = [await headOf(5), await headOf(6), await headOf(7)];
    const positions = [5, 6].map((partition) => ({
      ...{ topic: `shared-${run}`, partition, fingerprint: 'f', nextOffset: String(partition) },
    }));
    const outcomes = await tested.store.inShards([
      working(6, [create('known'), create('six')], positions[1]),
      working(
        5,
        [
          create('five', { ...other, conversationId: 'conv-5' }),
          create('also known', { ...other, payloadHash: Buffer.from('x') }),
        ],
        positions[0],
      ),
      working(7, [
        create('seven a', { conversationId: 'conv-7' }),
        create('seven b', { conversationId: 'conv-7' }),
      ]),
    ]);
    const applied = { kind: 'applied', tasks: 1, warnings: 0 };
    expect(outcomes).toEqual([
      [{ kind: 'duplicate', samePayload: true }, applied],
      [applied, { kind: 'duplicate', samePayload: false }],
      [applied, applied],
    ]);
    const activities = await tested.activities();
    const added = [5, 6, 7].map((shard, i) =>
      activities
        .filter((each) => each.shard === shard)
        .slice(before[i])
        .map(({ position, title }) => [position - before[i]!, title]),
    );
    expect(added).toEqual([
      [[1, 'five']],
      [[1, 'six']],
      [
        [1, 'seven a'],
        [2, 'seven b'],
      ],
    ]);
    for (const { topic, partition, nextOffset } of positions)
      expect(await tested.position(topic, partition)).toBe(nextOffset);
    // The next of each goes on behind it.
    await apply(6, [create('six again')]);
    expect(await headOf(6)).toBe(before[1]! + 2);
  });

  it('leaves nothing behind of any shard when the work of one throws', async () => {
    const before = [await tested.counts(), await tested.activities()];
    const failing = { ...working(1, []), work: () => Promise.reject(new Error('of its own')) };
    const fails = tested.store.inShards([
      working(3, [create('one', { conversationId: 'conv-3' })]),
      failing,
      working(2, [create('two', { conversationId: 'conv-2' })]),
    ]);
    await expect(fails).rejects.toThrow('of its own');
    expect([await tested.counts(), await tested.activities()]).toEqual(before);
  });

  it('takes an identity that two shards claim at once for a conflict', async () => {
    const before = [await tested.counts(), await tested.activities()];
    const both = tested.store.inShards([
      working(1, [create('one')]),
      working(2, [create('one', { conversationId: 'conv-2' })]),
    ]);
    await expect(both).rejects.toBeInstanceOf(StoreConflict);
    expect([await tested.counts(), await tested.activities()]).toEqual(before);
  });

  it('refuses an identity taken from another shard as a conflict, not as a fault', async () => {
    const event = create('one');
    await apply(1, [event]);
    const blind = tested.store.inShard(2, [tenant()], async (tx) => {
      tx.appliedEvents = async () => new Map();
      tx.tasks = async () => [];
      await applyEvents([event], null, tx, { directory, now: () => NOW });
    });
    await expect(blind).rejects.toBeInstanceOf(StoreConflict);
  });

  it('gives each shard positions without gaps, also to writers side by side', async () => {
    const shard = 3;
    const before = (await tested.activities()).filter((activity) => activity.shard === shard).length;
    await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        apply(shard, [create(`e${i}a`), create(`e${i}b`, { conversationId: `conv-${i}` })]),
      ),
    );
    const positions = (await tested.activities())
      .filter((activity) => activity.shard === shard)
      .map(({ position }) => position);
    expect(positions).toEqual(Array.from({ length: before + 24 }, (_, i) => i + 1));
  });

  it('stores an event whose identity is as long as the contract allows', async () => {
    const longest = { source: '\u{1f600}'.repeat(512), id: '\u{10ffff}'.repeat(128) };
    const event = anEvent(
      { type: 'conversation.outcome.v1', data: { flowId: 'f', intent: 'i', result: 'r' } },
      {
        tenantId: tenant().padEnd(64, 'x'),
        ...longest,
      },
    );
    const flow = {
      id: '\u{1f601}'.repeat(128),
      name: 'every outcome',
      on: { type: 'conversation.outcome.v1' },
      nodes: [{ id: '\u{1f602}'.repeat(128), kind: 'create_task', task: { type: 'internal', title: 'x' } }],
    };
    const before = (await tested.counts()).tasks;
    await tested.store.inShard(1, [event.tenantId], async (tx) => {
      tx.revisions = async () => new Map([[event.tenantId, { workforce: 0, flows: 1 }]]);
      tx.flows = async () => [{ id: flow.id, version: 1, definition: flow }];
      await applyEvents([event], null, tx, { directory: new TenantDirectory(), now: () => NOW });
    });
    expect((await tested.counts()).tasks).toBe(before + 1);
  });

  it('knows what a request was answered with, as the task then was, and nothing of what nobody waited for', async () => {
    const request = create('request');
    const body = request.body as TaskCommand;
    const desk = new RequestDesk({
      store: tested.store,
      directory,
      queue: new KeyedQueue(),
      now: () => NOW,
      shardOf: () => 1,
    });
    const submit = (event: InboundEvent, command: TaskCommand) =>
      desk.submit({ event: { ...event, body: command, origin: null }, conversation: null });
    const created = await submit(request, body);
    if (created.kind !== 'done') throw new Error(JSON.stringify(created));
    const comment = {
      type: 'task.comment.v1' as const,
      data: { taskId: created.task.id, actor: { kind: 'service' as const, id: 'crm' }, text: 'Called.' },
    };
    const command = anEvent(comment, { tenantId: tenant() });
    expect(await submit(command, comment)).toMatchObject({ kind: 'done', task: { version: 2 } });
    expect(await submit(request, body)).toEqual({ ...created, repeated: true });
    const event = create('event');
    await apply(1, [event]);
    expect(await submit(event, event.body as TaskCommand)).toEqual({ kind: 'other_payload' });
  });

  it('stores the position with the batch, and lower again when rewound', async () => {
    const at = (nextOffset: string): InputPosition => ({
      topic: `t-${run}`,
      partition: 7,
      nextOffset,
      fingerprint: 'f',
    });
    await apply(1, [create('one')], at('9007199254740993'));
    expect(await tested.position(`t-${run}`, 7)).toBe('9007199254740993');
    await tested.store.storePosition(at('12'));
    expect(await tested.position(`t-${run}`, 7)).toBe('12');
  });
}
