import { type FlowList, type FlowVersionPage, type SavedFlow, type TaskPage } from '#libs/contracts';
import { TestDeployment } from '#libs/testing';
import { type ApiClient, ApiClients } from '../support/api.client';
import { recordOf } from '../support/events';

jest.setTimeout(120_000);

const FLOW = {
  name: 'Call back failed bookings',
  on: { type: 'conversation.outcome.v1', channels: ['call'] },
  nodes: [
    {
      id: 'call-back',
      kind: 'create_task',
      when: "outcome.result == 'failure'",
      task: { type: 'follow_up', title: 'Call back: {{ outcome.intent }}', priority: 'high' },
    },
  ],
};

describe('flows over HTTP', () => {
  let deployment: TestDeployment;
  let clients: ApiClients;
  let lead: ApiClient;
  let eli: ApiClient;
  let stranger: ApiClient;

  beforeAll(async () => {
    deployment = await TestDeployment.create();
    clients = await ApiClients.start(deployment);
    lead = await clients.as('lea', { roles: ['agent', 'lead'] });
    eli = await clients.as('eli');
    stranger = await clients.as('lea', { roles: ['agent', 'lead'], tenant: 'other' });
    await deployment.startWorker();
  });
  afterAll(() => deployment?.close());

  const save = (id: string, flow: object, by = lead) =>
    by.send<SavedFlow>(`/v1/flows/${encodeURIComponent(id)}`, { method: 'PUT', body: flow });
  const outcome = (id: string) =>
    deployment.publish([
      recordOf({
        id,
        type: 'conversation.outcome.v1',
        data: { channel: 'call', flowId: 'bot', intent: 'ReserveTable', result: 'failure', slots: {} },
      }),
    ]);

  test('one that is saved makes tasks from the next outcome, and the task says which version', async () => {
    expect((await save('failed-bookings', FLOW)).body).toMatchObject({
      ...{ id: 'failed-bookings', version: 1, changed: true },
      definition: { id: 'failed-bookings', name: FLOW.name },
    });
    await outcome('o-1');
    await deployment.drained();
    const changed = {
      ...FLOW,
      nodes: [{ ...FLOW.nodes[0], task: { ...FLOW.nodes[0]!.task, priority: 'critical' } }],
    };
    expect((await save('failed-bookings', changed)).body).toMatchObject({ version: 2, changed: true });
    expect((await save('failed-bookings', changed)).body).toMatchObject({ version: 2, changed: false });
    await outcome('o-2');
    await deployment.drained();
    const { items } = (await eli.get<TaskPage>('/v1/tasks?sort=createdAt')).body;
    expect(items.map(({ priority }) => priority).sort()).toEqual(['critical', 'high']);
    const log = await deployment.query<{ version: number }>(
      `select (data -> 'flow' ->> 'version')::int as version from activity_log order by 1`,
    );
    expect(log.map(({ version }) => version)).toEqual([1, 2]);
  });

  test('versions are listed, newest first, page by page; and each flow’s live one', async () => {
    const path = '/v1/flows/failed-bookings/versions';
    const first = (await eli.get<FlowVersionPage>(`${path}?limit=1`)).body;
    expect(first.items).toMatchObject([{ version: 2 }]);
    const second = (await eli.get<FlowVersionPage>(`${path}?limit=1&cursor=${first.next}`)).body;
    expect(second).toMatchObject({ items: [{ version: 1 }], next: null });
    await save('another/with a path', FLOW);
    const { items } = (await eli.get<FlowList>('/v1/flows')).body;
    expect(items.map(({ id, version }) => [id, version])).toEqual([
      ['another/with a path', 1],
      ['failed-bookings', 2],
    ]);
  });

  test('another tenant’s are not there', async () => {
    expect((await stranger.get<FlowList>('/v1/flows')).body.items).toEqual([]);
    expect((await stranger.get('/v1/flows/failed-bookings/versions')).status).toBe(404);
    expect((await save('failed-bookings', FLOW, stranger)).body.version).toBe(1);
    expect((await eli.get<FlowList>('/v1/flows')).body.items).toHaveLength(2);
  });

  test.each([
    ['an expression that is none', { nodes: [{ ...FLOW.nodes[0], when: 'outcome.' }] }, 422, 'nodes[0].when'],
    ['a name nobody knows', { nodes: [{ ...FLOW.nodes[0], when: 'result == 1' }] }, 422, 'nodes[0].when'],
    ['no nodes', { nodes: [] }, 422, 'nodes'],
    ['another id than the path’s', { id: 'other' }, 400, 'id'],
    ['a field nobody knows', { enabled: true }, 400, 'enabled'],
    ['no name', { name: undefined }, 400, 'name'],
    ['nodes that are none', { nodes: 'x' }, 400, 'nodes'],
  ])(
    'with %s it is refused, the place is named, and nothing is saved',
    async (_, differences, status, field) => {
      const answer = await save('refused', { ...FLOW, ...differences });
      expect(answer).toMatchObject({
        status,
        body: { errors: expect.arrayContaining([expect.objectContaining({ field })]) },
      });
      expect((await eli.get('/v1/flows/refused/versions')).status).toBe(404);
    },
  );

  test('an agent may look, and not save', async () => {
    expect((await save('mine', FLOW, eli)).status).toBe(403);
  });
});
