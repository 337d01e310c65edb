import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type DeadLetterPage,
  type DeadLetterState,
  type ReplayPage,
  type ReplayState,
} from '#libs/contracts';
import { type OutgoingRecord } from '#libs/messaging';
import { TestDeployment } from '#libs/testing';
import { type ApiClient, ApiClients } from '../support/api.client';
import { createData, recordOf } from '../support/events';

jest.setTimeout(300_000);

const LETTERS = '/v1/ops/dead-letters';
const TOPIC = 'conversation-events.call';
const FLOW = {
  id: 'call-back',
  name: 'Call back',
  on: { type: 'conversation.outcome.v1', channels: ['call'] },
  nodes: [
    {
      id: 'n',
      kind: 'create_task',
      when: 'true',
      task: { type: 'follow_up', title: 'Call {{ outcome.intent }} back' },
    },
  ],
};

const outcome = (id: string): OutgoingRecord =>
  recordOf({
    id,
    subject: `conv-${id}`,
    type: 'conversation.outcome.v1',
    data: { channel: 'call', flowId: 'f', intent: id, result: 'failure', slots: {} },
  });
const untitled = (id: string, tenantid: string): OutgoingRecord =>
  recordOf({ id, subject: `conv-${id}`, tenantid, data: createData({ title: undefined }) });

describe('operations over HTTP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ops-'));
  let deployment: TestDeployment;
  let clients: ApiClients;
  let olga: ApiClient;
  let stranger: ApiClient;
  /** Ids of the letters, by the event's. */
  const ids = new Map<string, string>();

  async function saveFlow(): Promise<void> {
    const file = join(folder, 'flow.json');
    writeFileSync(file, JSON.stringify(FLOW));
    await deployment.mustCli(['flows', 'apply', file, '--tenant', 'acme']);
  }
  /** As another release would find a flow that it cannot compile. */
  async function breakFlow(): Promise<void> {
    await deployment.database.owner.query(`update flow_version set definition = '{"id":"call-back"}'`);
    await deployment.database.owner.query('update tenant_revision set flows = flows + 1');
  }

  const pathOf = (event: string): string => `${LETTERS}/${encodeURIComponent(ids.get(event)!)}`;
  const list = async (query = '', as = olga): Promise<DeadLetterState[]> => {
    const { status, body } = await as.get<DeadLetterPage>(`${LETTERS}${query}`);
    expect({ status, next: body.next }).toEqual({ status: 200, next: null });
    return body.items;
  };
  const idsIn = (letters: DeadLetterState[]): string[] => letters.map(({ id }) => id).sort();
  const idsOf = (...events: string[]): string[] => events.map((event) => ids.get(event)!).sort();

  beforeAll(async () => {
    deployment = await TestDeployment.create({ shards: 3 });
    clients = await ApiClients.start(deployment);
    olga = await clients.as('olga', { roles: ['ops'] });
    stranger = await clients.as('olga', { roles: ['ops'], tenant: 'other' });
    await deployment.startWorker();
    await saveFlow();
    await breakFlow();
    await deployment.publish([
      outcome('o1'),
      outcome('o2'),
      outcome('o3'),
      untitled('u1', 'acme'),
      untitled('u2', 'other'),
      { topic: TOPIC, key: 'bytes', value: Buffer.from('{"id":"bytes","tenantid":"acme"') },
    ]);
    await deployment.drained();
    for (const { headers, value } of await deployment.records('task-dead-letters')) {
      const id = `${headers['errors.topic']}/${headers['errors.partition']}@${headers['errors.offset']}`;
      ids.set(/"id":"([^"]+)"/.exec(String(value))![1]!, id);
    }
    expect([...ids.keys()].sort()).toEqual(['bytes', 'o1', 'o2', 'o3', 'u1', 'u2']);
  });
  afterAll(async () => {
    await deployment?.close();
    rmSync(folder, { recursive: true });
  });

  describe('dead letters', () => {
    test('are listed to operators of the tenant they are of, and of no other; what nobody can read is nobody’s', async () => {
      expect(idsIn(await list())).toEqual(idsOf('o1', 'o2', 'o3', 'u1'));
      expect(idsIn(await list('', stranger))).toEqual(idsOf('u2'));
      const [untitled] = await list('?code=invalid_data');
      const [, topic, partition, offset] = /^(.*)\/(\d+)@(\d+)$/.exec(ids.get('u1')!)!;
      expect(untitled).toEqual({
        id: ids.get('u1'),
        ...{ topic, partition: Number(partition), offset },
        ...{ state: 'open', stage: 'validate', code: 'invalid_data', attempt: 1 },
        message: expect.stringContaining('data.title'),
        at: expect.any(String),
      });
    });

    test('are those that the command line lists', async () => {
      const { stdout } = await deployment.mustCli(['dead-letters', 'list', '--tenant', 'acme', '--json']);
      const { newest } = JSON.parse(stdout) as { newest: DeadLetterState[] };
      expect(idsIn(newest)).toEqual(idsIn(await list()));
    });

    test('are filtered, and come page by page', async () => {
      expect(idsIn(await list('?stage=flow&since=2020-01-01T00:00:00Z'))).toEqual(idsOf('o1', 'o2', 'o3'));
      expect(await list('?until=2020-01-01T00:00:00Z')).toEqual([]);
      expect(await list('?topic=workforce')).toEqual([]);
      const found: DeadLetterState[] = [];
      for (let query = '?limit=1'; ;) {
        const { body } = await olga.get<DeadLetterPage>(`${LETTERS}${query}`);
        expect(body.items.length).toBeLessThanOrEqual(1);
        found.push(...body.items);
        if (body.next === null) break;
        query = `?limit=1&cursor=${body.next}`;
      }
      expect(idsIn(found)).toEqual(idsOf('o1', 'o2', 'o3', 'u1'));
    });

    test('bad questions are refused by name', async () => {
      const { body } = await olga.get<DeadLetterPage>(`${LETTERS}?limit=1`);
      for (const [query, field] of [
        ['state=lost', 'state[0]'],
        ['stage=soup', 'stage'],
        ['topic=task-activity', 'topic'],
        ['partition=-1', 'partition'],
        ['since=yesterday', 'since'],
        ['tenant=other', 'tenant'],
        [`limit=1&code=flow_unreadable&cursor=${body.next}`, 'cursor'],
      ]) {
        const answer = await olga.get(`${LETTERS}?${query}`);
        expect(answer).toMatchObject({ status: 400, body: { code: 'invalid', errors: [{ field }] } });
      }
    });
  });

  describe('a dead letter', () => {
    const audit = (event: string): Promise<unknown[]> => {
      const [, topic, partition, offset] = /^(.*)\/(\d+)@(\d+)$/.exec(ids.get(event)!)!;
      return deployment.query(
        `select result, kind, started_by, reason, status from dead_letter_result r join operation o on o.id = operation_id
          where topic = $1 and partition = $2 and "offset" = $3 order by recorded_at`,
        [topic, partition, offset],
      );
    };
    const tasksOf = async (conversation: string): Promise<unknown[]> => {
      const eli = await clients.as('eli');
      const { body } = await eli.get<{ items: unknown[] }>(`/v1/tasks?conversationId=${conversation}`);
      return body.items;
    };

    test('that fails again has one failure more, is listed once, and is quarantined by the third', async () => {
      const first = await olga.post(`${pathOf('o1')}/redrive`, { reason: 'a try' });
      expect(first).toMatchObject({
        status: 200,
        body: { state: 'open', result: 'failed', stage: 'flow', code: 'flow_unreadable' },
      });
      const listed = await list('?code=flow_unreadable');
      expect(listed.filter(({ id }) => id === ids.get('o1'))).toMatchObject([{ attempt: 2, state: 'open' }]);
      expect((await olga.post(`${pathOf('o1')}/redrive`)).body).toMatchObject({ state: 'quarantined' });
      expect(await list('?state=quarantined')).toMatchObject([{ id: ids.get('o1'), attempt: 3 }]);
      expect(await olga.post(`${pathOf('o1')}/redrive`)).toMatchObject({
        status: 409,
        body: { code: 'letter_not_open', detail: expect.stringContaining('"quarantined": true') },
      });
    });

    test('is redriven once its cause is cured, which makes its task, once, in the name of who asked', async () => {
      await saveFlow();
      expect(await tasksOf('conv-o2')).toEqual([]);
      const redriven = await olga.post(`${pathOf('o2')}/redrive`, { reason: 'saved again' });
      expect(redriven).toMatchObject({
        status: 200,
        body: { id: ids.get('o2'), state: 'redriven', result: 'applied', tasks: 1 },
      });
      expect(await tasksOf('conv-o2')).toMatchObject([{ title: 'Call o2 back' }]);
      const row = { result: 'applied', kind: 'redrive', started_by: '/http/agent/olga', status: 'done' };
      expect(await audit('o2')).toEqual([{ ...row, reason: 'saved again' }]);

      const again = await olga.post(`${pathOf('o2')}/redrive`);
      expect(again).toMatchObject({ status: 200, body: { state: 'redriven', operationId: null } });
      expect(await tasksOf('conv-o2')).toHaveLength(1);
      expect(await audit('o2')).toHaveLength(1);
      const quarantined = await olga.post(`${pathOf('o1')}/redrive`, { quarantined: true });
      expect(quarantined.body).toMatchObject({ state: 'redriven', result: 'applied' });
      expect(idsIn(await list('?state=redriven'))).toEqual(idsOf('o1', 'o2'));
      expect(idsIn(await list())).toEqual(idsOf('o3', 'u1'));
    });

    test('is discarded with a reason, is left out then, and is redriven after all when that is said', async () => {
      const discarded = await olga.post(`${pathOf('o3')}/discard`, { reason: 'too old' });
      expect(discarded).toMatchObject({ status: 200, body: { state: 'discarded' } });
      expect(await audit('o3')).toMatchObject([
        { result: 'discarded', kind: 'discard', started_by: '/http/agent/olga', reason: 'too old' },
      ]);
      expect(idsIn(await list())).toEqual(idsOf('u1'));
      const again = await olga.post(`${pathOf('o3')}/discard`, { reason: 'once more' });
      expect(again).toMatchObject({ status: 200, body: { state: 'discarded', operationId: null } });
      expect(await audit('o3')).toHaveLength(1);

      expect(await olga.post(`${pathOf('o3')}/redrive`)).toMatchObject({ status: 409 });
      const redriven = await olga.post(`${pathOf('o3')}/redrive`, { discarded: true });
      expect(redriven.body).toMatchObject({ state: 'redriven', tasks: 1 });
      const tooLate = await olga.post(`${pathOf('o3')}/discard`, { reason: 'no' });
      expect(tooLate).toMatchObject({ status: 409, body: { code: 'letter_not_open' } });
    });

    test.each(['redrive', 'discard'])(
      'of another tenant, of nobody, or that is not there cannot be found: %s',
      async (verb) => {
        const before = await deployment.query('select count(*) from operation');
        const unknown = `${LETTERS}/${encodeURIComponent(`${TOPIC}/0@999`)}`;
        for (const path of [pathOf('u2'), pathOf('bytes'), unknown, `${LETTERS}/nonsense`]) {
          const answer = await olga.post(`${path}/${verb}`, { reason: 'because' });
          expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
        }
        expect(await stranger.post(`${pathOf('u1')}/${verb}`, { reason: 'because' })).toMatchObject({
          status: 404,
        });
        expect(await deployment.query('select count(*) from operation')).toEqual(before);
      },
    );

    test('is asked about as it should be, or the field is named', async () => {
      for (const [verb, body, field] of [
        ['discard', {}, 'reason'],
        ['discard', { reason: '' }, 'reason'],
        ['redrive', { reason: 'a\u0007b' }, 'reason'],
        ['redrive', { quarantined: 'yes' }, 'quarantined'],
        ['redrive', { edit: {} }, 'edit'],
      ] as const) {
        const answer = await olga.post(`${pathOf('u1')}/${verb}`, body);
        expect(answer).toMatchObject({ status: 400, body: { code: 'invalid', errors: [{ field }] } });
      }
    });
  });

  test('replays of the tenant alone are listed, the latest first, and page by page', async () => {
    const began = ['--tenant', 'acme', '--conversation', 'conv-o1', '--as', 'ops:ada', '--reason', 'missed'];
    await deployment.mustCli(['replay', 'run', '--yes', ...began]);
    await deployment.mustCli(['replay', 'run', '--yes', '--tenant', 'acme', '--rate', '500']);
    await deployment.mustCli(['replay', 'run', '--yes', '--tenant', 'other']);
    await deployment.mustCli(['replay', 'run', '--yes']);
    const { body } = await olga.get<ReplayPage>('/v1/ops/replays');
    expect(body).toMatchObject({ next: null, items: [{ rate: 500 }, { rate: null }] });
    expect(body.items[1]).toMatchObject({
      ...{ status: 'done', silent: false, startedBy: 'ops:ada', reason: 'missed', failure: null, left: 0 },
      selection: { partitions: null, conversation: 'conv-o1', types: null },
      // What was dead-lettered, and redriven since.
      ...{ selected: 1, counts: { new: 0, there: 1 } },
    });
    const first = await olga.get<ReplayPage>('/v1/ops/replays?limit=1');
    const second = await olga.get<ReplayPage>(`/v1/ops/replays?limit=1&cursor=${first.body.next}`);
    expect([...first.body.items, ...second.body.items]).toEqual(body.items);
    expect(second.body.next).toBeNull();
    const theirs = await stranger.get<ReplayPage>(`/v1/ops/replays?cursor=${first.body.next}`);
    expect(theirs).toMatchObject({ status: 400, body: { errors: [{ field: 'cursor' }] } });
  });

  test.each(['agent', 'lead', 'service'])('none of it is for one who is %s', async (role) => {
    const client = await clients.as('someone', { roles: [role] });
    const refused = { status: 403, body: { code: 'forbidden' } };
    expect(await client.get('/v1/ops/lag')).toMatchObject(refused);
    expect(await client.get(LETTERS)).toMatchObject(refused);
    expect(await client.get('/v1/ops/replays')).toMatchObject(refused);
    expect(await client.post('/v1/ops/replays')).toMatchObject(refused);
    expect(await client.post(`${pathOf('u1')}/redrive`)).toMatchObject(refused);
    expect(await client.post(`${pathOf('u1')}/discard`, { reason: 'no' })).toMatchObject(refused);
  });

  test('a replay is begun, applies what was missed of the tenant alone, and is paused when the process ends', async () => {
    const ended = async (id: string): Promise<ReplayState> => {
      for (;;) {
        const { body } = await olga.get<ReplayPage>('/v1/ops/replays');
        const replay = body.items.find((each) => each.id === id)!;
        if (replay.status !== 'running') return replay;
        await pause(200);
      }
    };
    for (const [body, field] of [
      [{ topics: ['workforce'] }, 'topics[0]'],
      [{ partitions: [99] }, 'partitions'],
      [{ from: '2026-01-01T00:00:00Z', fromOffset: 1 }, 'fromOffset'],
      [{ tenant: 'other' }, 'tenant'],
      [{ rate: 0 }, 'rate'],
    ] as const) {
      const answer = await olga.post('/v1/ops/replays', body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid', errors: [{ field }] } });
    }
    await breakFlow();
    await deployment.publish([outcome('o4')]);
    await deployment.drained();
    await saveFlow();
    const begun = await olga.post<ReplayState>('/v1/ops/replays', { reason: 'missed', topics: [TOPIC] });
    expect(begun).toMatchObject({
      status: 202,
      body: { status: 'running', startedBy: '/http/agent/olga', reason: 'missed', rate: 200 },
    });
    const done = await ended(begun.body.id);
    expect(done).toMatchObject({ status: 'done', left: 0, read: 7, selected: 4, failure: null });
    expect(done.counts).toMatchObject({ new: 1, tasks: 1, there: 3 });
    const eli = await clients.as('eli');
    const { body: tasks } = await eli.get<{ items: unknown[] }>('/v1/tasks?conversationId=conv-o4');
    expect(tasks.items).toMatchObject([{ title: 'Call o4 back' }]);

    const api = await deployment.startApi({ env: clients.tokens.env });
    const there = await new ApiClients(api, clients.tokens).as('olga', { roles: ['ops'] });
    // At one a second it would take longer than this test has.
    await deployment.publish(Array.from({ length: 90 }, (_, i) => outcome(`more-${i}`)));
    await deployment.drained();
    const slow = await there.post<ReplayState>('/v1/ops/replays', { rate: 1 });
    expect(await there.post('/v1/ops/replays')).toMatchObject({ status: 429 });
    await api.stop();
    const rows = await deployment.query('select status from operation where id = $1', [slow.body.id]);
    expect(rows).toEqual([{ status: 'paused' }]);
    const resumed = ['replay', 'run', '--yes', '--resume', slow.body.id, '--rate', '1000', '--json'];
    expect(JSON.parse((await deployment.mustCli(resumed)).stdout)).toMatchObject({ status: 'done' });
  });
});
