import { setTimeout as pause } from 'node:timers/promises';
import { type DryRunAnswer, type DryRunLine, type SavedFlow } from '#libs/contracts';
import { TestDeployment } from '#libs/testing';
import { type ApiClient, ApiClients } from '../support/api.client';
import { recordOf } from '../support/events';
import { checkAnswer } from '../support/openapi.check';

jest.setTimeout(120_000);

const LIVE = {
  name: 'Call back',
  on: { type: 'conversation.outcome.v1', channels: ['call', 'whatsapp'] },
  nodes: [
    {
      id: 'call-back',
      kind: 'create_task',
      when: "outcome.result == 'failure'",
      task: {
        type: 'follow_up',
        title: 'Call {{ conversation.customer.name }} back',
        priority: { cel: 'outcome.turns > 10 ? "high" : "low"', default: 'medium' },
        due: { cel: 'event.time + duration("4h")' },
      },
    },
    { id: 'all', kind: 'create_task', when: 'outcome.turns > 40', task: { type: 'internal', title: 'Long' } },
  ],
};
/** For all channels, with other priorities and for somebody; node `all` is gone, and there is one for praise. */
const DRAFT = {
  name: 'Call back',
  on: { type: 'conversation.outcome.v1' },
  nodes: [
    {
      ...LIVE.nodes[0],
      task: {
        ...LIVE.nodes[0]!.task,
        priority: { cel: 'outcome.turns > 20 ? "critical" : "low"', default: 'medium' },
        assignee: {
          cel: "outcome.service == 'hotel' ? {'kind': 'team', 'id': 'hotels'} : {'kind': 'agent', 'id': 'gone'}",
        },
      },
    },
    {
      id: 'praise',
      kind: 'create_task',
      when: 'outcome.sentiment > 0.5',
      task: { type: 'internal', title: 'Praise' },
    },
  ],
};

/**
 * The tenant's outcomes, oldest first. By hand:
 *
 *     id   channel   failure  turns  service   live call-back   draft call-back            live all  draft praise
 *     o-1  call      yes      15     hotel     high             low, hotels                          (no sentiment: a warning)
 *     o-2  call      yes      5      hotel     low              low, hotels                          (warning)
 *     o-3  whatsapp  yes      50     taxi      high             critical, nobody, warned   Long      0.9: Praise
 *     o-4  message   yes      50     hotel     (its channel     critical, hotels                     (warning)
 *                                              is not the live version's)
 *     o-5  call      no       50     hotel                                                 Long      (warning)
 *     o-6  call      yes      none   taxi      medium, warned   medium, nobody, warned (twice)       0.1: none, no warning
 *     o-7  whatsapp  no       1      taxi                                                            0.9: Praise
 *
 * `outcome.turns > 40` has nothing to look at in o-6: a warning of the live version, which has two in all.
 */
const OUTCOMES: [id: string, channel: string, data: object][] = [
  ['o-1', 'call', { result: 'failure', turns: 15, service: 'hotel' }],
  ['o-2', 'call', { result: 'failure', turns: 5, service: 'hotel' }],
  ['o-3', 'whatsapp', { result: 'failure', turns: 50, service: 'taxi', sentiment: 0.9 }],
  ['o-4', 'message', { result: 'failure', turns: 50, service: 'hotel' }],
  ['o-5', 'call', { result: 'success', turns: 50, service: 'hotel' }],
  ['o-6', 'call', { result: 'failure', service: 'taxi', sentiment: 0.1 }],
  ['o-7', 'whatsapp', { result: 'success', turns: 1, service: 'taxi', sentiment: 0.9 }],
];
const timeOf = (i: number): string => `2026-03-02T10:0${i + 1}:00.000Z`;

interface BeginOptions {
  draft?: object;
  tenant?: string;
  url?: string;
  signal?: AbortSignal;
}

describe('a dry run over HTTP', () => {
  let deployment: TestDeployment;
  let clients: ApiClients;
  let lead: ApiClient;
  let stranger: ApiClient;

  const outcome = (id: string, channel: string, data: object, time: string, tenantid = 'acme') =>
    recordOf(
      {
        ...{ id, time, tenantid, subject: `conv-${channel}`, type: 'conversation.outcome.v1' },
        data: {
          ...{ channel, flowId: 'bot', intent: 'Reserve', slots: {}, customer: { id: 'c', name: 'Ada' } },
          ...data,
        },
      },
      { topic: `conversation-events.${channel}` },
    );

  beforeAll(async () => {
    deployment = await TestDeployment.create();
    clients = await ApiClients.start(deployment);
    lead = await clients.as('lea', { roles: ['lead'] });
    stranger = await clients.as('lea', { roles: ['lead'], tenant: 'other' });
    await deployment.startWorker();
    const team = { id: 'hotels', name: 'Hotels' };
    expect((await lead.send('/v1/teams/hotels', { method: 'PUT', body: team })).status).toBe(200);
    const saved = await lead.send<SavedFlow>('/v1/flows/bookings', { method: 'PUT', body: LIVE });
    expect(saved.body.version).toBe(1);
    await deployment.publish([
      ...OUTCOMES.map(([id, channel, data], i) => outcome(id, channel, data, timeOf(i))),
      // The same ids, another tenant's, and all of them failures.
      ...OUTCOMES.map(([id, channel, data], i) =>
        outcome(id, channel, { ...data, result: 'failure' }, timeOf(i), 'other'),
      ),
    ]);
    await deployment.drained();
  });
  afterAll(() => deployment?.close());

  const dryRun = (draft: object, query = '', by = lead, id = 'bookings') =>
    by.post<DryRunAnswer>(`/v1/flows/${encodeURIComponent(id)}/dry-run${query}`, draft);

  test('says what the draft would create, by priority, assignee and channel, and what the live version does', async () => {
    const { status, body } = await dryRun(DRAFT);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ flowId: 'bookings', outcomes: 7, from: timeOf(0), to: timeOf(6), cutShortBy: null },
      draft: {
        tasks: 7,
        byPriority: { low: 2, medium: 3, high: 0, critical: 2 },
        byChannel: { call: 3, message: 1, whatsapp: 3 },
        byAssignee: [
          { assignee: null, tasks: 4 },
          { assignee: { kind: 'team', id: 'hotels' }, tasks: 3 },
        ],
        otherAssignees: 0,
        // Praise of o-1, o-2, o-4 and o-5; the assignees of o-3 and o-6; the priority of o-6.
        warnings: 7,
      },
      live: {
        ...{ version: 1, problem: null, tasks: 6, warnings: 2 },
        byPriority: { low: 1, medium: 3, high: 2, critical: 0 },
        byChannel: { call: 4, message: 0, whatsapp: 2 },
        byAssignee: [{ assignee: null, tasks: 6 }],
      },
    });
  });

  test('the live version’s counts are those of the tasks that it has made', async () => {
    const { live } = (await dryRun(DRAFT)).body;
    const stored = await deployment.query<{ priority: string; tasks: number }>(
      `select priority, count(*)::int as tasks from task where tenant_id = 'acme' group by 1`,
    );
    const { low, medium, high } = live!.byPriority;
    expect(Object.fromEntries(stored.map(({ priority, tasks }) => [priority, tasks]))).toEqual({
      low,
      medium,
      high,
    });
  });

  test('says in what both differ, task by task', async () => {
    const { difference } = (await dryRun(DRAFT)).body;
    expect(difference).toEqual({
      // o-4's, and two of praise; the two long ones; o-1, o-2 and o-3; o-6.
      ...{ onlyDraft: 3, onlyLive: 2, changed: 3, same: 1 },
      changedFields: [
        { field: 'priority', tasks: 2 },
        { field: 'assignee', tasks: 2 },
      ],
    });
  });

  test('shows samples with the inputs that led there, the latest first, and as many of each kind as asked for', async () => {
    const { samples } = (await dryRun(DRAFT, '?samples=1')).body;
    expect(samples.map(({ kind, node, event }) => [kind, node, event.id])).toEqual([
      ['only_draft', 'praise', 'o-7'],
      ['only_live', 'all', 'o-5'],
      ['changed', 'call-back', 'o-3'],
      ['same', 'call-back', 'o-6'],
      ['no_task', 'all', 'o-6'],
    ]);
    const changed = samples[2]!;
    expect(changed).toMatchObject({
      event: { source: '/test', id: 'o-3', time: timeOf(2) },
      ...{ conversationId: 'conv-whatsapp', channel: 'whatsapp', fields: ['priority'] },
      draft: {
        task: {
          ...{ type: 'follow_up', priority: 'critical', title: 'Call Ada back', assignee: null },
          dueAt: '2026-03-02T14:03:00.000Z',
        },
        inputs: { 'outcome.result': 'failure', 'outcome.turns': 50, 'outcome.service': 'taxi' },
        warnings: [expect.stringContaining('no such agent: gone')],
      },
      live: { task: { priority: 'high' }, inputs: { 'outcome.turns': 50 }, warnings: [] },
    });
    // The very task that the live version has made of it.
    const [task] = await deployment.query<{ priority: string }>('select priority from task where id = $1', [
      changed.taskId,
    ]);
    expect(task).toEqual({ priority: 'high' });
    expect((await dryRun(DRAFT, '?samples=0')).body.samples).toEqual([]);
  });

  test('of a flow that is new has nothing to compare with', async () => {
    const { body } = await dryRun(DRAFT, '', lead, 'not there yet');
    expect(body).toMatchObject({
      ...{ live: null, draft: { tasks: 7 } },
      difference: { onlyDraft: 7, onlyLive: 0, changed: 0, same: 0 },
    });
  });

  test('sees the outcomes and people of its own tenant only', async () => {
    const { body } = await dryRun(DRAFT, '', stranger);
    // Seven failures of its own, the two of praise; and no team hotels there.
    expect(body).toMatchObject({
      ...{ live: null, outcomes: 7 },
      draft: { tasks: 9, byAssignee: [{ assignee: null, tasks: 9 }] },
    });
  });

  test('looks at no more than it is asked to, and says so', async () => {
    expect((await dryRun(DRAFT, '?limit=2')).body).toMatchObject({
      ...{ outcomes: 2, cutShortBy: 'limit', from: timeOf(5), to: timeOf(6), draft: { tasks: 2 } },
    });
    expect((await dryRun(DRAFT, '?limit=7')).body).toMatchObject({ outcomes: 7, cutShortBy: null });
    const since = encodeURIComponent('2026-03-02T11:03:00+01:00');
    expect((await dryRun(DRAFT, `?since=${since}`)).body).toMatchObject({
      ...{ outcomes: 5, cutShortBy: null, from: timeOf(2) },
    });
    expect((await dryRun(DRAFT, '?since=2027-01-01T00:00:00Z')).body).toMatchObject({
      ...{ outcomes: 0, from: null, to: null, cutShortBy: null, samples: [] },
    });
  });

  test.each([
    ['?limit=0', 'limit'],
    ['?limit=100001', 'limit'],
    ['?seconds=61', 'seconds'],
    ['?samples=21', 'samples'],
    ['?since=yesterday', 'since'],
    ['?all=true', 'all'],
  ])('with %s it is refused, and the parameter named', async (query, field) => {
    expect(await dryRun(DRAFT, query)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  test.each([
    [
      'an expression that is none',
      { nodes: [{ ...DRAFT.nodes[0], when: 'outcome.' }] },
      422,
      'nodes[0].when',
    ],
    ['no nodes', { nodes: [] }, 422, 'nodes'],
    ['another id than the path’s', { id: 'other' }, 400, 'id'],
    ['a field nobody knows', { enabled: true }, 400, 'enabled'],
  ])('a draft with %s is refused as saving it is', async (_, differences, status, field) => {
    const draft = { ...DRAFT, ...differences };
    const tried = await dryRun(draft);
    expect(tried).toMatchObject({
      status,
      body: { errors: expect.arrayContaining([expect.objectContaining({ field })]) },
    });
    const saved = await lead.send<Record<string, unknown>>('/v1/flows/bookings', {
      method: 'PUT',
      body: draft,
    });
    const { instance: _tried, ...problem } = tried.body as unknown as Record<string, unknown>;
    const { instance: _saved, ...same } = saved.body;
    expect(problem).toEqual(same);
  });

  test('an agent may not', async () => {
    expect((await dryRun(DRAFT, '', await clients.as('eli'))).status).toBe(403);
  });

  test('tells how far it is, line by line, to whoever accepts that', async () => {
    const lines = await linesOf(await begin('?limit=3'));
    expect(lines[0]).toEqual({ progress: { outcomes: 0, of: 3, tasks: 0 } });
    expect(lines.at(-1)).toEqual({ result: (await dryRun(DRAFT, '?limit=3')).body });
  });

  test('a draft that is refused is a problem and no line', async () => {
    const response = await begin('', { draft: { ...DRAFT, nodes: [] } });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      422,
      expect.stringContaining('application/problem+json'),
    ]);
  });

  test('writes nothing', async () => {
    const before = await deployment.contentHashes();
    const ends = await deployment.outputEnds();
    await dryRun(DRAFT);
    await begin('').then(linesOf);
    expect(await deployment.contentHashes()).toEqual(before);
    expect(await deployment.outputEnds()).toEqual(ends);
    expect((await lead.get<{ items: object[] }>('/v1/flows/bookings/versions')).body.items).toHaveLength(1);
  });

  describe('that takes long', () => {
    /** As many nodes as may be, and the first few spend what an outcome may cost. */
    const COSTLY = {
      ...DRAFT,
      nodes: Array.from({ length: 50 }, (_, i) => ({
        ...{ id: `n${i}`, kind: 'create_task', task: { type: 'internal', title: 'T' } },
        when: 'outcome.items.all(a, outcome.items.all(b, true))',
      })),
    };
    /** Work for most of a minute: no machine is done with it before it is to end. */
    const many = 8_000;

    beforeAll(async () => {
      const items = Array<number>(1_000).fill(1);
      await deployment.publish(
        Array.from({ length: many }, (_, i) =>
          outcome(`long-${i}`, 'call', { result: 'success', items }, '2026-03-03T10:00:00.000Z', 'big'),
        ),
      );
      await deployment.drained();
    });

    const big = () => clients.as('bea', { roles: ['service'], tenant: 'big' });

    test('ends when its time is up, with what it has found, and others are served meanwhile', async () => {
      const began = Date.now();
      let isRunning = true;
      const running = dryRun(COSTLY, `?seconds=5&limit=${many}`, await big());
      void running.catch(() => undefined).then(() => (isRunning = false));
      let served = 0;
      while (isRunning) {
        expect((await lead.get('/v1/flows')).status).toBe(200);
        served += 1;
        await pause(50);
      }
      const { status, body } = await running;
      expect([status, body.cutShortBy]).toEqual([200, 'time']);
      expect(body.outcomes).toBeGreaterThan(0);
      expect(body.outcomes).toBeLessThan(many);
      expect(Date.now() - began).toBeLessThan(30_000);
      // Had they to wait until 200 outcomes, a page, were looked at, it would be a handful; a slow machine looks at few.
      expect(served).toBeGreaterThan(Math.min(10, body.outcomes / 20));
    });

    test('is the only one of its tenant, and ends when who asked for it leaves', async () => {
      const client = await big();
      const leaving = new AbortController();
      const response = await begin(`?seconds=60&limit=${many}`, {
        ...{ draft: COSTLY, tenant: 'big', signal: leaving.signal },
      });
      const reader = response.body!.getReader();
      await reader.read();
      const refused = await dryRun(DRAFT, '?limit=1', client);
      expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
      expect(refused.headers.get('retry-after')).toBe('5');
      expect((await dryRun(DRAFT)).status).toBe(200);
      leaving.abort();
      const left = Date.now();
      while ((await dryRun(DRAFT, '?limit=1', client)).status === 429) {
        expect(Date.now() - left).toBeLessThan(20_000);
        await pause(100);
      }
    });

    test('is broken off, and says so, when its process is told to end', async () => {
      const api = await deployment.startApi({ env: clients.tokens.env });
      const response = await begin(`?seconds=60&limit=${many}`, {
        ...{ draft: COSTLY, tenant: 'big', url: await api.url() },
      });
      const [{ code }, lines] = await Promise.all([api.stop(), linesOf(response)]);
      expect(code).toBe(0);
      expect(lines.at(-1)).toMatchObject({ problem: { status: 503, code: 'unavailable' } });
    });
  });

  /** Asks for lines, and does not wait for them. */
  async function begin(
    query: string,
    { draft = DRAFT, tenant = 'acme', url = lead.url, signal }: BeginOptions = {},
  ): Promise<Response> {
    return fetch(`${url}/v1/flows/bookings/dry-run${query}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await clients.tokens.of('lea', ['lead'], tenant)}`,
        'content-type': 'application/json',
        accept: 'application/x-ndjson',
      },
      body: JSON.stringify(draft),
      signal,
    });
  }

  async function linesOf(response: Response): Promise<DryRunLine[]> {
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const text = await response.text();
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as DryRunLine);
    checkAnswer(
      { method: 'POST', path: '/v1/flows/bookings/dry-run' },
      { status: response.status, type: response.headers.get('content-type'), body: lines },
    );
    return lines;
  }
});
