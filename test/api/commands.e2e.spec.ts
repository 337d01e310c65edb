import { type ActivityPage, type BulkAnswer } from '#libs/contracts';
import { TestDeployment } from '#libs/testing';
import { type ApiClient, ApiClients } from '../support/api.client';
import { recordOf } from '../support/events';
import { agent, BOOKINGS, OFFICE } from '../support/office';

jest.setTimeout(180_000);

const ID = '00000000-0000-4000-8000-000000000001';
const TASK = {
  type: 'follow_up',
  priority: 'high',
  title: 'Call back',
  assignee: { kind: 'team', id: 'bookings' },
};

describe('commands over HTTP', () => {
  let deployment: TestDeployment;
  let clients: ApiClients;
  let eli: ApiClient;
  let mia: ApiClient;
  let lead: ApiClient;
  let service: ApiClient;

  beforeAll(async () => {
    deployment = await TestDeployment.create();
    clients = await ApiClients.start(deployment);
    eli = await clients.as('eli');
    mia = await clients.as('mia');
    lead = await clients.as('lea', { roles: ['agent', 'lead'] });
    service = await clients.as('crm', { roles: ['service'] });
    await deployment.startWorker();
    await deployment.publish([OFFICE, BOOKINGS, agent('eli'), agent('mia'), agent('lea')]);
    const customer = { id: 'c-1', name: 'Ann' };
    await deployment.publish(
      ['conv-1', 'conv-over'].map((subject) =>
        recordOf({ type: 'conversation.started.v1', subject, data: { channel: 'call', customer } }),
      ),
    );
    const ended = {
      type: 'conversation.ended.v1',
      time: '2026-03-02T11:00:00Z',
      data: { channel: 'call', reason: 'hung_up' },
    };
    await deployment.publish([recordOf({ ...ended, subject: 'conv-over' })]);
    await deployment.drained();
  });
  afterAll(() => deployment?.close());

  async function created(differences: object = {}): Promise<string> {
    const { status, body } = await eli.post('/v1/conversations/conv-1/tasks', { ...TASK, ...differences });
    expect({ status, body }).toMatchObject({ status: 201 });
    return body.id;
  }

  describe('the Quick Action', () => {
    test('creates a task in an active conversation; it is answered, stored, in the log and in the topic', async () => {
      const due = { in: 'PT2H', calendar: 'office' };
      const { status, headers, body } = await eli.post('/v1/conversations/conv-1/tasks', {
        ...TASK,
        due,
        description: 'x',
      });
      expect(status).toBe(201);
      expect(body).toMatchObject({
        ...{
          ...TASK,
          description: 'x',
          tenantId: 'acme',
          conversationId: 'conv-1',
          channel: 'call',
          status: 'to_do',
        },
        ...{
          createdBy: { kind: 'agent', id: 'eli' },
          claimedBy: null,
          dueAt: expect.stringMatching(/Z$/),
          version: 1,
        },
      });
      expect([headers.get('etag'), headers.get('location')]).toEqual(['"1"', `/v1/tasks/${body.id}`]);
      expect((await eli.get(`/v1/tasks/${body.id}`)).body).toEqual(body);

      const { items } = (await eli.get<ActivityPage>(`/v1/tasks/${body.id}/activity`)).body;
      expect(items).toMatchObject([
        {
          type: 'task.created.v1',
          data: { cause: { source: '/http/agent/eli' }, actor: { kind: 'agent', id: 'eli' } },
        },
      ]);
      await deployment.drained();
      const record = (await deployment.records('task-activity')).find(({ key }) => String(key) === body.id);
      expect(JSON.parse(String(record!.value))).toEqual(items[0]!.data);
    });

    test('is refused where the conversation has ended, which is said; a lead may all the same, with a reason that is kept', async () => {
      const path = '/v1/conversations/conv-over/tasks';
      const refused = await eli.post(path, TASK);
      expect(refused).toMatchObject({
        status: 409,
        body: {
          code: 'conversation_not_active',
          type: 'urn:conversation-tasks:problem:conversation_not_active',
          endedAt: '2026-03-02T11:00:00.000Z',
        },
      });
      expect(refused.headers.get('content-type')).toContain('application/problem+json');
      const override = { ...TASK, overrideReason: 'The customer wrote to me.' };
      expect(await eli.post(path, override)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      expect((await lead.post(path, TASK)).status).toBe(409);
      const { status, body } = await lead.post(path, override);
      expect(status).toBe(201);
      const { items } = (await lead.get<ActivityPage>(`/v1/tasks/${body.id}/activity`)).body;
      expect(items[0]!.data.reason).toBe('The customer wrote to me.');
    });

    test('is refused for a conversation nobody knows, for whom nobody knows, and for a date nobody can work out', async () => {
      expect(await eli.post('/v1/conversations/nowhere/tasks', TASK)).toMatchObject({
        status: 404,
        body: { code: 'not_found' },
      });
      const path = '/v1/conversations/conv-1/tasks';
      for (const [differences, status, code] of [
        [{ assignee: { kind: 'team', id: 'nobody' } }, 422, 'unknown_assignee'],
        [{ due: { in: 'PT1H', calendar: 'nowhere' } }, 422, 'invalid_due'],
      ] as const)
        expect(await eli.post(path, { ...TASK, ...differences })).toMatchObject({ status, body: { code } });
      expect((await eli.post(path, { ...TASK, taskId: ID })).status).toBe(201);
      expect(await eli.post(path, { ...TASK, taskId: ID })).toMatchObject({
        status: 409,
        body: { code: 'task_exists' },
      });
    });
  });

  describe('a task’s life', () => {
    test('goes on by each command, and the answer is the task as it then is', async () => {
      const id = await created();
      const steps: [ApiClient, string, string, object, object][] = [
        [eli, 'POST', '/claim', {}, { claimedBy: 'eli', version: 2 }],
        [eli, 'POST', '/release', { reason: 'Off for today.' }, { claimedBy: null }],
        [eli, 'POST', '/start', {}, { status: 'in_progress', claimedBy: 'eli' }],
        [
          eli,
          'PATCH',
          '',
          { priority: 'critical', due: { at: '2030-01-01T00:00:00Z' } },
          { priority: 'critical', dueAt: '2030-01-01T00:00:00.000Z' },
        ],
        [mia, 'POST', '/comments', { text: 'I know her.' }, { status: 'in_progress' }],
        [eli, 'POST', '/resolve', { resolution: 'Booked.' }, { status: 'resolved', resolution: 'Booked.' }],
        [
          lead,
          'POST',
          '/reopen',
          { reason: 'Not quite.' },
          { status: 'to_do', claimedBy: null, resolution: null },
        ],
        [
          service,
          'POST',
          '/assign',
          { assignee: { kind: 'agent', id: 'mia' } },
          { assignee: { kind: 'agent', id: 'mia' } },
        ],
        [mia, 'POST', '/cancel', {}, { status: 'cancelled' }],
      ];
      for (const [client, method, path, body, expected] of steps) {
        const answer = await client.send(`/v1/tasks/${id}${path}`, { method, body });
        expect({ path, status: answer.status, body: answer.body }).toMatchObject({
          path,
          status: 200,
          body: expected,
        });
        expect(answer.headers.get('etag')).toBe(`"${answer.body.version}"`);
      }
      const { items } = (await eli.get<ActivityPage>(`/v1/tasks/${id}/activity?limit=200`)).body;
      expect(items.map(({ data }) => data.sequence)).toEqual(items.map((_, i) => i + 1));
      expect(items.at(-1)!.data.task.status).toBe('cancelled');
    });

    test('a command without a body is one that says nothing', async () => {
      const id = await created();
      expect((await eli.send(`/v1/tasks/${id}/claim`, { method: 'POST' })).status).toBe(200);
    });

    test('what stands in the way is named, with the task as it is', async () => {
      const id = await created();
      await eli.post(`/v1/tasks/${id}/claim`);
      const refused = await mia.post(`/v1/tasks/${id}/claim`);
      expect(refused).toMatchObject({
        status: 409,
        body: { code: 'already_claimed', detail: expect.stringContaining('eli'), task: { claimedBy: 'eli' } },
      });
      await eli.post(`/v1/tasks/${id}/resolve`);
      expect(await eli.post(`/v1/tasks/${id}/start`)).toMatchObject({
        status: 409,
        body: { code: 'illegal_transition', task: { status: 'resolved' } },
      });
      expect(await eli.post(`/v1/tasks/${ID.replace('1', '9')}/claim`)).toMatchObject({
        status: 404,
        body: { code: 'task_not_found' },
      });
      expect(await eli.post('/v1/tasks/none/claim')).toMatchObject({
        status: 404,
        body: { code: 'task_not_found' },
      });
    });

    test('If-Match holds a command to the version that was seen', async () => {
      const id = await created();
      const stale = await eli.post(`/v1/tasks/${id}/claim`, {}, { 'if-match': '"7"' });
      expect(stale).toMatchObject({ status: 412, body: { code: 'stale_version', task: { version: 1 } } });
      expect((await eli.post(`/v1/tasks/${id}/claim`, {}, { 'if-match': '"1"' })).status).toBe(200);
      expect((await eli.post(`/v1/tasks/${id}/comments`, { text: 'x' }, { 'if-match': '*' })).status).toBe(
        200,
      );
      const malformed = await eli.post(`/v1/tasks/${id}/start`, {}, { 'if-match': '1' });
      expect(malformed).toMatchObject({ status: 400, body: { errors: [{ field: 'If-Match' }] } });
      const { headers } = await eli.get(`/v1/tasks/${id}`);
      const unchanged = await eli.get(`/v1/tasks/${id}`, {
        'if-none-match': headers.get('etag')!,
        'cache-control': 'max-age=0', // fetch would say no-cache beside it
      });
      expect(unchanged.status).toBe(304);
    });
  });

  describe('Idempotency-Key', () => {
    test('the same request gets the same answer, whatever happened since; another one under the key is refused', async () => {
      const key = { 'idempotency-key': 'k-1' };
      const path = '/v1/conversations/conv-1/tasks';
      const first = await eli.post(path, TASK, key);
      await eli.post(`/v1/tasks/${first.body.id}/claim`);
      const again = await eli.post(path, TASK, key);
      expect({ status: again.status, body: again.body }).toEqual({ status: 201, body: first.body });
      expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true']);
      const other = await eli.post(path, { ...TASK, title: 'Another' }, key);
      expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
      const elsewhere = await eli.post(`/v1/tasks/${first.body.id}/start`, {}, key);
      expect(elsewhere).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
      // Another caller's key is another one.
      expect((await mia.post(path, { ...TASK, title: 'Another' }, key)).status).toBe(201);
    });

    test('twenty times at once is once', async () => {
      const key = { 'idempotency-key': 'k-2' };
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => eli.post('/v1/conversations/conv-1/tasks', TASK, key)),
      );
      expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    });

    test('what was refused may be asked again', async () => {
      const id = await created();
      await mia.post(`/v1/tasks/${id}/claim`);
      const key = { 'idempotency-key': 'k-3' };
      expect((await eli.post(`/v1/tasks/${id}/claim`, {}, key)).status).toBe(409);
      await mia.post(`/v1/tasks/${id}/release`);
      expect((await eli.post(`/v1/tasks/${id}/claim`, {}, key)).status).toBe(200);
    });
  });

  test('is found by words of its title, its description and its customer, beside every filter; and by none of before it was changed', async () => {
    const id = await created({ title: 'Umbuchung nach Zürich', description: 'Flug LX-1970' });
    const found = async (query: string): Promise<string[]> => {
      const { status, body } = await eli.get<{ items: { id: string }[] }>(`/v1/tasks?${query}`);
      expect({ status, body }).toMatchObject({ status: 200 });
      return body.items.map((task) => task.id);
    };
    for (const words of ['umbuchung', 'ZÜRICH ann', 'lx-1970 c-1', 'umbuchung&status=to_do&sort=priority'])
      expect(await found(`q=${words}`)).toEqual([id]);
    expect(await found('q=umbuchung&status=resolved')).toEqual([]);
    expect(await found('q=umbuchung bob')).toEqual([]);
    expect(await found('q=ann&conversationId=conv-1')).toContain(id);
    const stranger = await clients.as('eli', { tenant: 'other' });
    expect((await stranger.get('/v1/tasks?q=umbuchung')).body).toEqual({ items: [], next: null });
    const path = `/v1/tasks/${id}`;
    await eli.send(path, { method: 'PATCH', body: { title: 'Umbuchung nach Genf' } });
    expect(await found('q=zürich')).toEqual([]);
    expect(await found('q=genf')).toEqual([id]);
  });

  test('bulk: each command has its result, in order; one that is not valid lets none be applied', async () => {
    const [one, other] = [await created(), await created()];
    await mia.post(`/v1/tasks/${other}/claim`);
    const items = [
      { taskId: one, command: 'start' },
      { taskId: other, command: 'claim' },
      { taskId: ID.replace('1', '8'), command: 'claim' },
      { taskId: one, command: 'resolve', data: { resolution: 'Done.' } },
      { taskId: one, command: 'comment', data: { text: 'x' }, expectedVersion: 1 },
    ];
    const { status, body } = await eli.post<BulkAnswer>('/v1/tasks/bulk', { items });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        results: [
          { status: 200, task: { id: one } },
          { status: 409, problem: { code: 'already_claimed' } },
          { status: 404, problem: { code: 'task_not_found' } },
          { status: 200, task: { status: 'resolved', resolution: 'Done.' } },
          { status: 412, problem: { code: 'stale_version' } },
        ],
      },
    });
    const bad = [
      { taskId: one, command: 'reopen' },
      { taskId: one, command: 'comment', data: { txt: 'x' } },
    ];
    expect(await eli.post('/v1/tasks/bulk', { items: bad })).toMatchObject({
      status: 400,
      body: { errors: expect.arrayContaining([expect.objectContaining({ field: 'items[1].data.text' })]) },
    });
    expect((await eli.get(`/v1/tasks/${one}`)).body.status).toBe('resolved');
  });

  test('verify finds no difference', async () => {
    await deployment.drained();
    await deployment.mustCli(['verify']);
  });
});
