import { TestDeployment } from '#libs/testing';
import { type ApiClient, ApiClients, type ApiRequest } from '../support/api.client';
import { recordOf } from '../support/events';
import { OPENAPI } from '../support/openapi.check';

jest.setTimeout(180_000);

const TASK = '00000000-0000-4000-8000-000000000001';
/** In the way of every other id: only its own tenant has it. */
const OWN = 'own';

const CREATE = { type: 'follow_up', priority: 'high', title: 'Call back' };
const FLOW = {
  name: 'Any',
  on: { type: 'conversation.outcome.v1' },
  nodes: [{ id: 'n', kind: 'create_task', when: 'false', task: { type: 'internal', title: 'x' } }],
};
const AGENT = { name: 'Eli', availability: 'available', roles: ['lead'], teams: [OWN] };
const WORKFORCE = {
  agents: AGENT,
  teams: { name: 'Team' },
  calendars: { timezone: 'UTC', hours: {} },
  policies: {},
};

/** What each operation is asked with, so that its owner's call succeeds; those without are asked with nothing. */
const BODIES: Record<string, () => unknown> = {
  createTask: () => CREATE,
  updateTask: () => ({ priority: 'low' }),
  assignTask: () => ({ assignee: { kind: 'team', id: OWN } }),
  commentTask: () => ({ text: 'x' }),
  changeTasks: () => ({ items: [{ taskId: TASK, command: 'comment', data: { text: 'x' } }] }),
  saveFlow: () => FLOW,
  dryRunFlow: () => FLOW,
  putAgent: () => ({ id: OWN, ...WORKFORCE.agents }),
  putTeam: () => ({ id: OWN, ...WORKFORCE.teams }),
  putCalendar: () => ({ id: OWN, ...WORKFORCE.calendars }),
  putPolicy: () => ({ id: OWN, ...WORKFORCE.policies }),
  discardDeadLetter: () => ({ reason: 'it was a test' }),
};
/** Commands in an order in which each may follow on the one before. */
const ORDER = [
  'assignTask',
  'claimTask',
  'releaseTask',
  'startTask',
  'resolveTask',
  'reopenTask',
  'cancelTask',
  'redriveDeadLetter',
  'discardDeadLetter',
];
/** They make what is not there, or try it: of another tenant they see, and change, nothing all the same. */
const MAKES = ['saveFlow', 'dryRunFlow', 'putAgent', 'putTeam', 'putCalendar', 'putPolicy'];
/** A stream ends when it is told to: it has a spec of its own. How far topics are read is nobody's. */
const ELSEWHERE = ['streamActivity', 'getLag'];
/** What the first of the owner's dead letters is called, once that is known. */
let letter = '';

interface Operation {
  id: string;
  method: string;
  path: string;
  filters: string[];
}

const operations: Operation[] = Object.entries(OPENAPI.paths)
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId: id, parameters }]) => ({
      ...{ id, method: method.toUpperCase(), path },
      filters: parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
    })),
  )
  .filter(({ id }) => !ELSEWHERE.includes(id))
  .sort((a, b) => ORDER.indexOf(a.id) - ORDER.indexOf(b.id));

function requestOf({ id, method, path }: Operation): [path: string, request: ApiRequest] {
  const [, kind] = path.split('/v1/');
  const idOf = kind!.startsWith('tasks') ? TASK : kind!.startsWith('ops/dead-letters') ? letter : OWN;
  return [path.replace(/\{\w+\}/g, encodeURIComponent(idOf)), { method, body: BODIES[id]?.() }];
}

describe('nothing crosses tenants', () => {
  let deployment: TestDeployment;
  let owner: ApiClient;
  let stranger: ApiClient;

  beforeAll(async () => {
    deployment = await TestDeployment.create();
    // One connection: every request comes over the one that the other tenant's came over.
    const clients = await ApiClients.start(deployment, { DATABASE_POOL: '1' });
    const roles = ['agent', 'lead', 'ops'];
    owner = await clients.as(OWN, { roles });
    stranger = await clients.as('stranger', { roles, tenant: 'other' });
    await deployment.startWorker();
    for (const [plural, entry] of Object.entries(WORKFORCE))
      await owner.send(`/v1/${plural}/${OWN}`, { method: 'PUT', body: { id: OWN, ...entry } });
    const self = { ...AGENT, id: 'stranger', teams: [] };
    await stranger.send('/v1/agents/stranger', { method: 'PUT', body: self });
    await owner.send(`/v1/flows/${OWN}`, { method: 'PUT', body: FLOW });
    const data = { channel: 'call', customer: { id: OWN } };
    await deployment.publish([
      recordOf({ type: 'conversation.started.v1', subject: OWN, data }),
      recordOf({ type: 'conversation.started.v1', subject: 'shared', data }),
      recordOf({ type: 'conversation.started.v1', subject: 'shared', data, tenantid: 'other' }),
      // Two that cannot be applied.
      ...[1, 2].map(() => recordOf({ type: 'task.create.v1', subject: OWN, data: { title: 'no task' } })),
    ]);
    await deployment.drained();
    const body = { ...CREATE, taskId: TASK, assignee: { kind: 'team', id: OWN } };
    expect((await owner.post(`/v1/conversations/${OWN}/tasks`, body)).status).toBe(201);
    const letters = await owner.get<{ items: { id: string }[] }>('/v1/ops/dead-letters');
    expect(letters.body.items).toHaveLength(2);
    letter = letters.body.items[0]!.id;
    expect((await owner.post('/v1/ops/replays')).status).toBe(202);
  });
  afterAll(() => deployment?.close());

  test('every operation of the document that has an id in its path: it is its owner’s, and nobody else finds it', async () => {
    const withIds = operations.filter(({ path }) => path.includes('{'));
    expect(withIds.length).toBeGreaterThan(20);
    for (const operation of withIds.filter(({ id }) => !MAKES.includes(id))) {
      const [path, request] = requestOf(operation);
      const [others, own] = [await stranger.send(path, request), await owner.send(path, request)];
      expect([operation.id, others.status, own.status < 300 || JSON.stringify(own.body)]).toEqual([
        operation.id,
        404,
        true,
      ]);
    }
  });

  test('what is put under an id that another tenant has is one’s own, and leaves theirs as it is', async () => {
    for (const operation of operations.filter(({ id }) => MAKES.includes(id))) {
      const [path, request] = requestOf(operation);
      const read = path.startsWith('/v1/flows') ? `/v1/flows/${OWN}/versions` : path;
      const before = (await owner.get(read)).body;
      const body = { ...(request.body as object), name: 'Another' };
      const changed = operation.id === 'putCalendar' || operation.id === 'putPolicy' ? request.body : body;
      expect((await stranger.send(path, { ...request, body: changed })).status).toBe(200);
      expect((await owner.get(read)).body).toEqual(before);
    }
  });

  test('lists have none of another tenant’s, whatever is asked for', async () => {
    for (const { id, path, filters } of operations.filter(
      ({ method, path: at }) => method === 'GET' && !at.includes('{'),
    )) {
      const own = (await owner.get<{ items: unknown[] }>(path)).body.items;
      expect([id, own.length > 0]).toEqual([id, true]);
      if (path.startsWith('/v1/ops/')) expect((await stranger.get(path)).body.items).toEqual([]);
      for (const filter of filters.filter((name) =>
        ['assignee', 'team', 'conversationId', 'customer'].includes(name),
      )) {
        const { items } = (await stranger.get<{ items: { tenantId: string }[] }>(`${path}?${filter}=${OWN}`))
          .body;
        expect([id, filter, items.filter(({ tenantId }) => tenantId !== 'other')]).toEqual([id, filter, []]);
      }
    }
    const { items } = (await stranger.get<{ items: { tenantId: string }[] }>('/v1/tasks?total=true')).body;
    expect(items.filter(({ tenantId }) => tenantId !== 'other')).toEqual([]);
  });

  test('ids within bodies, too: whom a task is given to, by which calendar it is due, and which tasks many commands are for', async () => {
    await owner.send('/v1/teams/only-theirs', { method: 'PUT', body: { id: 'only-theirs', name: 'T' } });
    await owner.send('/v1/calendars/only-theirs', {
      method: 'PUT',
      body: { id: 'only-theirs', timezone: 'UTC', hours: { mon: [['00:00', '24:00']] } },
    });
    const path = '/v1/conversations/shared/tasks';
    for (const [differences, code] of [
      [{ assignee: { kind: 'team', id: 'only-theirs' } }, 'unknown_assignee'],
      [{ due: { in: 'PT1H', calendar: 'only-theirs' } }, 'invalid_due'],
    ] as const) {
      expect((await owner.post(path, { ...CREATE, ...differences })).status).toBe(201);
      expect(await stranger.post(path, { ...CREATE, ...differences })).toMatchObject({
        status: 422,
        body: { code },
      });
    }
    const items = [{ taskId: TASK, command: 'comment', data: { text: 'x' } }];
    const { body } = await stranger.post<{ results: unknown[] }>('/v1/tasks/bulk', { items });
    expect(body.results).toMatchObject([{ status: 404 }]);
  });

  test('the same id in both is two tasks; and a key of one tenant is none of the other’s', async () => {
    const key = { 'idempotency-key': 'k-1' };
    const taskId = TASK.replace(/1$/, '2');
    const path = '/v1/conversations/shared/tasks';
    expect((await owner.post(path, { ...CREATE, taskId }, key)).status).toBe(201);
    const theirs = await stranger.post(path, { ...CREATE, taskId, title: 'Theirs' }, key);
    expect(theirs).toMatchObject({ status: 201, body: { tenantId: 'other', title: 'Theirs' } });
    expect((await owner.get(`/v1/tasks/${taskId}`)).body).toMatchObject({
      tenantId: 'acme',
      title: CREATE.title,
    });
    expect((await stranger.get(`/v1/tasks/${taskId}`)).body).toMatchObject({
      tenantId: 'other',
      title: 'Theirs',
    });
  });
});
