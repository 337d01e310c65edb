import { createHash } from 'node:crypto';
import { type TaskCommand } from '#libs/domain';
import { anEvent, createCommand, MemoryShardStore } from '#libs/testing';
import {
  type Answer,
  applyEvents,
  KeyedQueue,
  RequestDesk,
  StoreOutage,
  TenantDirectory,
  type TaskRequest,
  TooManyWaiting,
} from '../index';

const TASK = '00000000-0000-4000-8000-000000000001';
const NOW = '2026-11-01T00:00:00.000Z';

function setUp(shards = 1) {
  const store = new MemoryShardStore();
  store.workforceOf.set('acme', [
    { kind: 'agent', id: 'eli', body: { name: 'Eli', availability: 'available', teams: ['hotels'] } },
    { kind: 'agent', id: 'mia', body: { name: 'Mia', availability: 'available', teams: ['hotels'] } },
    { kind: 'team', id: 'hotels', body: { name: 'Hotels' } },
  ]);
  const directory = new TenantDirectory();
  const committed = jest.fn();
  const shardOf = (conversationId: string): number => Number(/\d+$/.exec(conversationId)?.[0] ?? 0) % shards;
  const ports = { store, directory, queue: new KeyedQueue<number>(), now: () => NOW, committed, shardOf };
  const desk = new RequestDesk(ports);
  const tell = (...events: Parameters<typeof applyEvents>[0]) =>
    store.inShard(0, ['acme'], (tx) => applyEvents(events, null, tx, ports));
  return { store, desk, tell, committed };
}

/** A request under this id. The same id and content are the same request, whenever it is made. */
function request(
  id: string,
  body: TaskCommand,
  over: Partial<TaskRequest> & { conversationId?: string; tenantId?: string } = {},
): TaskRequest {
  const { conversation = null, conversationId = 'conv-1', tenantId = 'acme' } = over;
  const payloadHash = createHash('sha256').update(JSON.stringify(body)).digest();
  const event = anEvent(body, { source: '/http', id, conversationId, tenantId, payloadHash });
  return { event: { ...event, body, origin: null }, conversation };
}

const create = (id: string, over: Parameters<typeof request>[2] = {}): TaskRequest =>
  request(id, createCommand({ assignee: { kind: 'team', id: 'hotels' } }) as TaskCommand, over);

const claim = (id: string, agent: string, taskId = TASK): TaskRequest =>
  request(id, { type: 'task.claim.v1', data: { taskId, actor: { kind: 'agent', id: agent } } });

const started = { type: 'conversation.started.v1' as const, data: { customer: { id: 'c-1' } } };
const ended = { type: 'conversation.ended.v1' as const, data: { reason: 'hung_up' } };

function taskOf(answer: Answer) {
  if (answer.kind !== 'done') throw new Error(JSON.stringify(answer));
  return answer.task;
}

describe('requests', () => {
  test('given a creation, then its task is the answer, and it is in the log with the request as its cause', async () => {
    const { desk, store, committed } = setUp();
    const answer = await desk.submit(create('r-1'));
    expect(answer).toMatchObject({ kind: 'done', repeated: false, task: { title: 'Call back', version: 1 } });
    expect(store.state.activities).toMatchObject([
      { taskId: taskOf(answer).id, cause: { source: '/http', id: 'r-1' } },
    ]);
    expect(store.state.activities[0]!.cause).toEqual({ source: '/http', id: 'r-1' });
    expect(committed).toHaveBeenCalledWith(0);
  });

  test('given the same request again, then the answer is the same, though the task has gone on; and nothing happens', async () => {
    const { desk, store } = setUp();
    const first = taskOf(await desk.submit(create('r-1')));
    await desk.submit(claim('r-2', 'eli', first.id));
    expect(await desk.submit(create('r-1'))).toEqual({ kind: 'done', task: first, repeated: true });
    expect(store.state.activities).toHaveLength(2);
  });

  test('given the same request twice at once, then it is done once', async () => {
    const { desk, store } = setUp();
    const [one, other] = await Promise.all([desk.submit(create('r-1')), desk.submit(create('r-1'))]);
    expect(taskOf(one!)).toEqual(taskOf(other!));
    expect(store.state.activities).toHaveLength(1);
  });

  test('given another request under the same identity, then it is refused, and another tenant’s is its own', async () => {
    const { desk } = setUp();
    await desk.submit(create('r-1'));
    const other = request('r-1', createCommand({ title: 'Something else' }) as TaskCommand);
    expect(await desk.submit(other)).toEqual({ kind: 'other_payload' });
    const elsewhere = createCommand({ title: 'Something else' }) as TaskCommand;
    expect(await desk.submit(request('r-1', elsewhere, { tenantId: 'other' }))).toMatchObject({
      kind: 'done',
    });
  });

  test('given two claims at once, then one wins, and the other is told who', async () => {
    const { desk, store } = setUp();
    const { id } = taskOf(await desk.submit(create('r-1')));
    const answers = await Promise.all([
      desk.submit(claim('r-2', 'eli', id)),
      desk.submit(claim('r-3', 'mia', id)),
    ]);
    expect(answers).toMatchObject([
      { kind: 'done', task: { claimedBy: 'eli' } },
      {
        kind: 'rejected',
        rejection: { code: 'already_claimed', detail: expect.stringContaining('eli') },
        task: { claimedBy: 'eli' },
      },
    ]);
    // Answered, not published; and not kept: the same request may be made again.
    expect(store.state.rejections).toEqual([]);
    await desk.submit(
      request('r-4', { type: 'task.release.v1', data: { taskId: id, actor: { kind: 'agent', id: 'eli' } } }),
    );
    expect(await desk.submit(claim('r-3', 'mia', id))).toMatchObject({
      kind: 'done',
      task: { claimedBy: 'mia' },
    });
  });

  test('given a conversation that nobody knows, or that has ended, then a creation in an active one is refused', async () => {
    const { desk, tell, store } = setUp();
    const inActive = { conversation: 'active' as const };
    expect(await desk.submit(create('r-1', inActive))).toEqual({ kind: 'conversation_unknown' });
    await tell(anEvent(started));
    expect(await desk.submit(create('r-2', inActive))).toMatchObject({ kind: 'done' });
    await tell(anEvent(ended, { time: '2026-03-02T11:00:00.000Z' }));
    expect(await desk.submit(create('r-3', inActive))).toEqual({
      kind: 'conversation_ended',
      endedAt: '2026-03-02T11:00:00.000Z',
    });
    expect(await desk.submit(create('r-3', { conversation: 'known' }))).toMatchObject({ kind: 'done' });
    expect(store.state.activities).toHaveLength(2);
    const elsewhere = { conversation: 'known' as const, conversationId: 'conv-2' };
    expect(await desk.submit(create('r-4', elsewhere))).toEqual({ kind: 'conversation_unknown' });
  });

  test('given many that wait for a shard, then they share transactions', async () => {
    const { desk, store } = setUp();
    const answers = await Promise.all(Array.from({ length: 150 }, (_, i) => desk.submit(create(`r-${i}`))));
    expect(answers.every(({ kind }) => kind === 'done')).toBe(true);
    expect(store.transactions).toBeLessThanOrEqual(3);
    expect(store.state.activities.map(({ position }) => position)).toEqual(answers.map((_, i) => i + 1));
  });

  test('given one that cannot be stored, then it alone fails', async () => {
    const { desk, store } = setUp();
    store.poison = ({ activities }) =>
      activities.some(({ cause }) => cause.id === 'bad') ? new Error('poison') : null;
    const ids = ['r-1', 'bad', 'r-2'];
    const settled = await Promise.allSettled(ids.map((id) => desk.submit(create(id))));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('given an outage, then all that share the transaction are told, and the next is served', async () => {
    const { desk, store } = setUp();
    store.faults.push({ at: 'begin', error: new StoreOutage('away') });
    const settled = await Promise.allSettled(['r-1', 'r-2'].map((id) => desk.submit(create(id))));
    for (const each of settled) expect(each).toMatchObject({ reason: expect.any(StoreOutage) });
    expect(await desk.submit(create('r-1'))).toMatchObject({ kind: 'done' });
  });

  test('given more than can wait, then the one too many is told so, and nothing of it is done', async () => {
    const { desk, store } = setUp();
    const all = await Promise.allSettled(
      Array.from({ length: 2_001 }, (_, i) => desk.submit(create(`r-${i}`))),
    );
    expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(all.at(-1)).toMatchObject({ reason: expect.any(TooManyWaiting) });
    expect(store.state.activities).toHaveLength(2_000);
  });
});
