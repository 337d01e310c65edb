import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ActivityPage } from '#libs/contracts';
import { type ApiProcess, TestDeployment, TestTokens } from '#libs/testing';
import { type ApiClient, ApiClients } from '../support/api.client';
import { EventStream, type StreamRequest } from '../support/event.stream';
import { createData, recordOf } from '../support/events';
import { samplesIn, sumOf } from '../support/metrics.text';
import { agent, BOOKINGS } from '../support/office';

jest.setTimeout(240_000);

const TASK = { type: 'follow_up', priority: 'high', title: 'Call back' };
const CREATE = '/v1/conversations/conv-1/tasks';

describe('the live stream', () => {
  let deployment: TestDeployment;
  let tokens: TestTokens;
  let api: ApiProcess;
  let url: string;
  let eli: ApiClient;
  let counter = 0;

  beforeAll(async () => {
    deployment = await TestDeployment.create();
    tokens = new TestTokens();
    api = await startApi();
    url = await api.url();
    eli = await new ApiClients(api, tokens).as('eli');
    await deployment.startWorker();
    await deployment.publish([BOOKINGS, agent('eli'), agent('eli', 'other')]);
    await deployment.publish(
      ['acme', 'other'].map((tenantid) =>
        recordOf({
          type: 'conversation.started.v1',
          tenantid,
          data: { channel: 'call', customer: { id: 'c-1' } },
        }),
      ),
    );
    await deployment.drained();
  });
  afterAll(() => deployment?.close());

  function startApi(env: Record<string, string> = {}, preload: string[] = []): Promise<ApiProcess> {
    return deployment.startApi({
      env: { ...tokens.env, RATE_LIMIT: '10000', STREAMS_PER_CALLER: '1000', ...env },
      preload,
    });
  }

  async function listen(
    request: Partial<StreamRequest> = {},
    { tenant = 'acme', at = url } = {},
  ): Promise<EventStream> {
    return EventStream.open(at, { token: await tokens.of('eli', ['agent'], tenant), ...request });
  }

  /** A task by HTTP. */
  async function created(): Promise<{ id: string }> {
    const { status, body } = await eli.post(CREATE, TASK);
    expect({ status, body }).toMatchObject({ status: 201 });
    return body;
  }

  /** Tasks by Kafka, in conversations of their own, over all shards. */
  async function publishTasks(count: number, tenantid = 'acme', data: object = {}): Promise<void> {
    await deployment.publish(
      Array.from({ length: count }, () =>
        recordOf({ subject: `of-kafka-${(counter += 1)}`, tenantid, data: createData({ ...data }) }),
      ),
    );
  }

  /** A tenant's activities as the log has them: in each shard's order. */
  async function logged(tenant = 'acme'): Promise<{ id: string; shard: number; position: string }[]> {
    return deployment.query(
      `select task_id || ':' || sequence as id, shard, position from activity_log where tenant_id = $1 order by shard, position`,
      [tenant],
    );
  }

  /** What is in the log now, to find what comes afterwards. */
  async function since(tenant = 'acme'): Promise<() => Promise<string[]>> {
    const before = new Set((await logged(tenant)).map(({ id }) => id));
    return async () => (await logged(tenant)).map(({ id }) => id).filter((id) => !before.has(id));
  }

  async function expectInOrder(ids: readonly string[]): Promise<void> {
    const shards = new Map((await logged()).map((row) => [row.id, row]));
    const last = new Map<number, number>();
    for (const id of ids) {
      const { shard, position } = shards.get(id)!;
      expect(Number(position)).toBeGreaterThan(last.get(shard) ?? 0);
      last.set(shard, Number(position));
    }
  }

  test('gives what Kafka and what HTTP caused, once, in order, to its own tenant, as the task’s activity has it', async () => {
    const news = await since();
    const [own, other] = [await listen(), await listen({}, { tenant: 'other' })];
    expect(own.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    await publishTasks(30);
    const task = await created();
    await eli.post(`/v1/tasks/${task.id}/start`);
    await eli.post(`/v1/tasks/${task.id}/resolve`);
    await deployment.drained();
    const expected = await news();
    await own.has(expected.length);
    expect([...own.ids].sort()).toEqual([...expected].sort());
    await expectInOrder(own.ids);
    expect(own.retryMs).toBe(1_000);

    const { items } = (await eli.get<ActivityPage>(`/v1/tasks/${task.id}/activity`)).body;
    const streamed = own.events.filter(({ data }) => data.data.taskId === task.id);
    expect(streamed.map(({ data }) => data)).toEqual(items);
    expect(streamed.map(({ type }) => type)).toEqual(items.map(({ type }) => type));

    await publishTasks(1, 'other');
    await other.has(1);
    expect(other.ids).toEqual((await logged('other')).map(({ id }) => id));
    own.kill();
    other.kill();
  });

  test('begins with what happens from then on, and gives what was asked for alone', async () => {
    const task = await created();
    // Who starts what nobody has becomes its assignee.
    const started = ['task.assignment_changed.v1', 'task.status_changed.v1'];
    const ofTask = [...started, 'task.status_changed.v1', 'task.completed.v1'];
    const wanted: [string, string[]][] = [
      ['', ['task.commented.v1', ...ofTask]],
      [`?taskId=${task.id.toUpperCase()}`, ofTask],
      ['?type=task.completed.v1,task.commented.v1', ['task.commented.v1', 'task.completed.v1']],
      [`?conversationId=conv-1&type=task.completed.v1`, ['task.completed.v1']],
      ['?conversationId=nowhere', []],
    ];
    const streams = await Promise.all(wanted.map(([query]) => listen({ query })));
    const another = (await logged())[0]!.id.split(':')[0]!;
    await eli.post(`/v1/tasks/${another}/comments`, { text: 'Well.' });
    await eli.post(`/v1/tasks/${task.id}/start`);
    await eli.post(`/v1/tasks/${task.id}/resolve`);
    await streams[0]!.has(5);
    await pause(300);
    for (const [i, [, types]] of wanted.entries())
      expect(streams[i]!.events.map(({ type }) => type).sort()).toEqual([...types].sort());
    streams.forEach((stream) => stream.kill());
  });

  test('goes on behind the event that was last, over cut connections and from process to process: no gap, no repeat', async () => {
    const second = await startApi();
    const urls = [url, await second.url()];
    const news = await since();
    const listeners = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        const given: string[] = [];
        return { given, stream: await listen({}, { at: urls[i % 2] }), resumptions: 0 };
      }),
    );
    let happening = true;
    const lives = listeners.map(async (listener) => {
      while (happening) {
        await pause(randomInt(120));
        listener.stream.kill();
        await listener.stream.ended;
        listener.given.push(...listener.stream.ids);
        const { lastEventId } = listener.stream;
        // Some stay away for a while.
        await pause(randomInt(4) === 0 ? randomInt(800) : 0);
        listener.stream = await listen({ lastEventId }, { at: urls[randomInt(2)] });
        listener.resumptions += 1;
      }
    });
    // On a busy machine to come back takes a while.
    for (let i = 0; i < 12 || listeners.some(({ resumptions }) => resumptions < 6); i += 1) {
      await publishTasks(25);
      const task = await created();
      await eli.post(`/v1/tasks/${task.id}/start`);
      await publishTasks(5, 'other');
      await pause(randomInt(150));
    }
    await deployment.drained();
    happening = false;
    await Promise.all(lives);
    const expected = await news();
    expect(expected.length).toBeGreaterThan(300);
    for (const { stream, given } of listeners) {
      await stream.has(expected.length - given.length);
      await pause(100);
      given.push(...stream.ids);
      expect(given).toHaveLength(expected.length);
      expect(new Set(given)).toEqual(new Set(expected));
      await expectInOrder(given);
      stream.kill();
    }
    expect((await second.stop()).code).toBe(0);
  });

  test('one who was away for long is given all of it, however much, and one who made an id up no other tenant’s', async () => {
    const stream = await listen();
    stream.kill();
    const news = await since();
    await publishTasks(700);
    await deployment.drained();
    const expected = await news();
    const resumed = await (await listen({ lastEventId: stream.lastEventId })).has(expected.length);
    await pause(200);
    expect([...resumed.ids].sort()).toEqual([...expected].sort());
    await expectInOrder(resumed.ids);
    resumed.kill();
    const beginning = Buffer.alloc(12).toString('base64url');
    const all = await logged('other');
    const other = await (await listen({ lastEventId: beginning }, { tenant: 'other' })).has(all.length);
    await pause(200);
    expect([...other.ids].sort()).toEqual(all.map(({ id }) => id).sort());
    other.kill();
  });

  test.each([
    ['a malformed id', 'latest', 400, 'invalid'],
    ['an id of another number of shards', Buffer.alloc(3).toString('base64url'), 400, 'invalid'],
    ['an id beyond the log', Buffer.alloc(12, 0x7f).toString('base64url'), 409, 'beyond_log'],
  ])('%s is refused by name', async (_, lastEventId, status, code) => {
    const answer = await eli.get('/v1/activity/stream', { 'last-event-id': lastEventId });
    expect(answer).toMatchObject({
      status,
      body: { code, detail: expect.stringContaining('Last-Event-ID') },
    });
    if (status === 400) expect(answer.body.errors).toMatchObject([{ field: 'Last-Event-ID' }]);
  });

  test.each([
    ['taskId=7', 'taskId'],
    ['type=task.create.v1', 'type[0]'],
    ['conversationId=', 'conversationId'],
    ['tenant=other', 'tenant'],
  ])('a filter like %s is refused by name', async (query, field) => {
    const answer = await eli.get(`/v1/activity/stream?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { errors: [expect.objectContaining({ field })] } });
  });

  test('ends when the token expires', async () => {
    // Five seconds later it counts no more: there is time to open it on a busy machine.
    const exp = Math.floor(Date.now() / 1_000) + 3;
    const until = (exp + 5) * 1_000;
    const token = await tokens.sign({ sub: 'eli', roles: ['agent'], tenantid: 'acme', exp });
    const stream = await listen({ token });
    await Promise.race([stream.ended, pause(30_000)]);
    expect(stream.hasEnded).toBe(true);
    // A timer may be a millisecond early.
    expect(Date.now()).toBeGreaterThan(until - 50);
    await pause(100);
    await expect(listen({ token })).rejects.toThrow('answered 401');
  });

  test('500 listeners are given all of it, and the database is asked no more often than for one', async () => {
    const preload = [join(__dirname, '..', 'support', 'count-requests.cjs')];
    const folder = mkdtempSync(join(tmpdir(), 'counts-'));
    const files = [join(folder, 'one'), join(folder, 'many')];
    // Both see the same things happen.
    const apis = await Promise.all(files.map((file) => startApi({ COUNTS_FILE: file }, preload)));
    const [one, many] = await Promise.all(apis.map((each) => each.url()));
    const news = await since();
    const token = await tokens.of('eli');
    const began = Date.now();
    const streams = [
      await EventStream.open(one!, { token }),
      ...(await Promise.all(Array.from({ length: 500 }, () => EventStream.open(many!, { token })))),
    ];
    // The feed goes round once in 25 ms at most while they come in: on a busy machine they take long.
    const rounds = (Date.now() - began) / 25;
    const opened = sumOf(samplesIn((await apis[1]!.probe('/metrics')).body), 'stream_listeners');
    expect(opened).toBe(500);
    for (let i = 0; i < 10; i += 1) {
      await publishTasks(20);
      await pause(100);
    }
    await deployment.drained();
    const expected = (await news()).sort();
    for (const stream of streams) {
      await stream.has(expected.length);
      expect([...stream.ids].sort()).toEqual(expected);
    }
    for (const each of apis) expect((await each.stop()).code).toBe(0);
    const [few, more] = files.map(
      (file) => (JSON.parse(readFileSync(file, 'utf8')) as { statements: number }).statements,
    );
    // What one listener costs, and the rounds in which 500 were let in; a statement for each would be 500 more.
    expect(more!).toBeLessThan(few! + 100 + rounds);
    expect(few!).toBeGreaterThan(10);
  });

  test('one caller has a few at most, others theirs; and one more as soon as one is closed', async () => {
    const at = await (await startApi({ STREAMS_PER_CALLER: '2' })).url();
    const [first, second] = await Promise.all([listen({}, { at }), listen({}, { at })]);
    await expect(listen({}, { at })).rejects.toThrow('answered 429');
    const atOnce = await Promise.allSettled(
      Array.from({ length: 5 }, () => listen({}, { at, tenant: 'other' })),
    );
    expect(atOnce.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    first.kill();
    for (let opened = false; !opened;)
      opened = await listen({}, { at }).then(
        () => true,
        () => pause(50).then(() => false),
      );
    expect(second.hasEnded).toBe(false);
  });

  test('one that never reads is ended, holds nobody up, and costs no memory', async () => {
    const busy = await startApi();
    const at = await busy.url();
    const token = await tokens.of('eli');
    const reading = await listen({}, { at });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => neverReading(at, token)));
    const buffered = async (): Promise<number> =>
      samplesIn((await busy.probe('/metrics')).body).find(
        ({ name }) => name === 'nodejs_external_memory_bytes',
      )!.value;
    const news = await since();
    // Each activity has all of its task: 16 KiB and more.
    let expected: string[] = [];
    for (let i = 0; i < 10; i += 1) {
      await publishTasks(250, 'acme', { description: 'x'.repeat(16_000) });
      await deployment.drained();
      expected = await news();
      // Or this process, which publishes and reads, would be a slow one too.
      await reading.has(expected.length);
    }
    expect(new Set(reading.ids)).toEqual(new Set(expected));
    const open = async () => sumOf(samplesIn((await busy.probe('/metrics')).body), 'stream_listeners');
    for (let i = 0; i < 200 && (await open()) > 1; i += 1) await pause(250);
    expect(await open()).toBe(1);
    const ended = samplesIn((await busy.probe('/metrics')).body);
    expect(sumOf(ended, 'streams_ended_total', { reason: 'slow' })).toBe(20);
    // And those that ask for all that was: 80 MiB for each of them.
    const resuming = Array.from({ length: 5 }, () => neverReading(at, token, reading));
    sockets.push(...(await Promise.all(resuming)));
    let most = 0;
    for (let i = 0; i < 24; i += 1) {
      await pause(500);
      most = Math.max(most, await buffered());
    }
    expect(most).toBeLessThan(128 * 1_048_576);
    sockets.forEach((socket) => socket.destroy());
    reading.kill();
    expect((await busy.stop()).code).toBe(0);
  });

  test('the process ends in order with streams open, those that nobody reads among them', async () => {
    const ending = await startApi();
    const at = await ending.url();
    const token = await tokens.of('eli');
    const streams = await Promise.all(Array.from({ length: 50 }, () => listen({}, { at })));
    const sockets = await Promise.all(Array.from({ length: 3 }, () => neverReading(at, token, streams[0]!)));
    const began = Date.now();
    const exit = await ending.stop();
    expect(exit).toEqual({ code: 0, signal: null });
    // Those that read nothing have 1.5 s; main.ts would end it after 18 s, and not in order.
    expect(Date.now() - began).toBeLessThan(10_000);
    await Promise.all(streams.map(({ ended }) => ended));
    sockets.forEach((socket) => socket.destroy());

    const news = await since();
    await publishTasks(5);
    await deployment.drained();
    const resumed = await (await listen({ lastEventId: streams[0]!.lastEventId })).has(5);
    expect([...resumed.ids].sort()).toEqual((await news()).sort());
    resumed.kill();
  });

  /** A connection that asks for a stream, from the log's beginning or from now on, and takes nothing of it. */
  async function neverReading(at: string, token: string, from?: EventStream): Promise<Socket> {
    const { hostname, port } = new URL(at);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    const resume = from ? `Last-Event-ID: ${Buffer.alloc(12).toString('base64url')}\r\n` : '';
    socket.write(
      `GET /v1/activity/stream HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${token}\r\n${resume}\r\n`,
    );
    await new Promise((resolve) => socket.once('readable', resolve));
    return socket;
  }
});
