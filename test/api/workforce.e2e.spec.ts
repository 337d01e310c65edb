import { type AgentData } from '#libs/contracts';
import { TestDeployment } from '#libs/testing';
import { type ApiClient, ApiClients } from '../support/api.client';
import { recordOf } from '../support/events';

jest.setTimeout(120_000);

const ELI = { id: 'eli', name: 'Eli', availability: 'available', roles: ['agent'], teams: ['bookings'] };
const ENTRIES = {
  calendars: { id: 'office', timezone: 'Europe/Berlin', hours: { mon: [['09:00', '17:00']] }, holidays: [] },
  teams: { id: 'bookings', name: 'Bookings', calendar: 'office' },
  agents: ELI,
  policies: { id: 'default', dueSoon: { before: 'PT1H' } },
} as const;

describe('the workforce over HTTP', () => {
  let deployment: TestDeployment;
  let lead: ApiClient;
  let eli: ApiClient;
  let stranger: ApiClient;

  beforeAll(async () => {
    deployment = await TestDeployment.create();
    const clients = await ApiClients.start(deployment);
    lead = await clients.as('lea', { roles: ['agent', 'lead'] });
    eli = await clients.as('eli');
    stranger = await clients.as('lea', { roles: ['agent', 'lead'], tenant: 'other' });
    await deployment.startWorker();
  });
  afterAll(() => deployment?.close());

  const put = (path: string, body: object, by = lead) => by.send(`/v1/${path}`, { method: 'PUT', body });

  test.each(Object.entries(ENTRIES))(
    '%s: what is put is in force when it is answered',
    async (plural, entry) => {
      const { status, body } = await put(`${plural}/${entry.id}`, entry);
      expect({ status, body }).toEqual({ status: 200, body: entry });
      expect((await eli.get(`/v1/${plural}/${entry.id}`)).body).toEqual(entry);
      expect((await eli.get<{ items: unknown[] }>(`/v1/${plural}`)).body).toEqual({
        items: [entry],
        next: null,
      });
      expect((await stranger.get(`/v1/${plural}/${entry.id}`)).status).toBe(404);
      expect((await stranger.get<{ items: unknown[] }>(`/v1/${plural}`)).body.items).toEqual([]);
      expect((await put(`${plural}/${entry.id}`, entry, eli)).status).toBe(403);
    },
  );

  test('what is put is published as the contract says of ours: in binary mode, with the key that compaction goes by', async () => {
    await put('agents/eli', ELI);
    const record = (await deployment.records('workforce')).at(-1)!;
    expect(String(record.key)).toBe('acme/agent:eli');
    expect(record.headers).toMatchObject({
      'content-type': 'application/json',
      ce_type: 'workforce.agent.v1',
      ce_source: '/http/agent/lea',
      ce_tenantid: 'acme',
      ce_subject: 'eli',
    });
    expect(JSON.parse(String(record.value))).toEqual(ELI);
  });

  test('of many that are said of one at once, the last in the topic is in force', async () => {
    const names = ['A', 'B', 'C', 'D', 'E', 'F'];
    const answers = await Promise.all(names.map((name) => put('agents/eli', { ...ELI, name })));
    const inForce = (await eli.get('/v1/agents/eli')).body;
    const published = (await deployment.records('workforce')).slice(-names.length);
    expect(inForce).toEqual(JSON.parse(String(published.at(-1)!.value)));
    for (const { body } of answers) expect(names).toContain(String(body.name));
    await put('agents/eli', ELI);
  });

  test('whoever is put away may claim nothing, from the next request on; and whoever is back may', async () => {
    const data = { channel: 'call', customer: { id: 'c-1' } };
    await deployment.publish([recordOf({ type: 'conversation.started.v1', data })]);
    await deployment.drained();
    const task = {
      type: 'internal',
      priority: 'low',
      title: 'x',
      assignee: { kind: 'team', id: 'bookings' },
    };
    const { id } = (await eli.post('/v1/conversations/conv-1/tasks', task)).body;
    await put('agents/eli', { ...ELI, availability: 'away' });
    expect(await eli.post(`/v1/tasks/${id}/claim`)).toMatchObject({
      status: 409,
      body: { code: 'not_available' },
    });
    await put('agents/eli', ELI);
    expect((await eli.post(`/v1/tasks/${id}/claim`)).status).toBe(200);
    expect((await eli.get<{ items: { id: string }[] }>('/v1/tasks?queue=mine')).body.items).toMatchObject([
      { id },
    ]);
  });

  test('an id may be anything that can be printed, and lists go on page by page', async () => {
    const ids = ['a/b', 'ü ☎', '%41', 'z?x=1&y'];
    for (const id of ids)
      expect((await put(`agents/${encodeURIComponent(id)}`, { ...ELI, id })).status).toBe(200);
    for (const id of ids) expect((await eli.get(`/v1/agents/${encodeURIComponent(id)}`)).body.id).toBe(id);
    const found: string[] = [];
    for (let cursor = ''; ;) {
      const page = await eli.get<{ items: AgentData[]; next: string | null }>(`/v1/agents?limit=2${cursor}`);
      found.push(...page.body.items.map(({ id }) => id));
      if (page.body.next === null) break;
      cursor = `&cursor=${page.body.next}`;
    }
    expect(found.sort()).toEqual([...ids, 'eli'].sort());
  });

  test.each<[string, string, object, string]>([
    ['another id than the path’s', 'agents/eli', { ...ELI, id: 'mia' }, 'id'],
    ['a word nobody knows', 'agents/eli', { ...ELI, availability: 'asleep' }, 'availability'],
    ['a field nobody knows', 'teams/t', { id: 't', name: 'T', colour: 'red' }, 'colour'],
    ['a time zone that is none', 'calendars/c', { id: 'c', timezone: 'Mars', hours: {} }, 'timezone'],
    [
      'hours that are none',
      'calendars/c',
      { id: 'c', timezone: 'UTC', hours: { mon: [['25:00', '9']] } },
      'hours.mon',
    ],
    ['a duration that is none', 'policies/p', { id: 'p', dueSoon: { before: 'soon' } }, 'dueSoon.before'],
  ])('%s is refused by its field', async (_, path, body, field) => {
    const { status, body: answer } = await put(path, body);
    expect({ status, answer }).toMatchObject({
      status: 400,
      answer: {
        errors: expect.arrayContaining([expect.objectContaining({ field: expect.stringContaining(field) })]),
      },
    });
  });

  test('without a worker: published and not lost, which is said; or not waited for', async () => {
    await deployment.stopWorkers();
    expect(await put('agents/late?wait=false', { ...ELI, id: 'late' })).toMatchObject({ status: 202 });
    const waited = await put('agents/later', { ...ELI, id: 'later' });
    expect(waited).toMatchObject({
      status: 503,
      body: { code: 'unavailable', detail: expect.stringContaining('not lost') },
    });
    await deployment.startWorker();
    await deployment.drained();
    for (const id of ['late', 'later']) expect((await eli.get(`/v1/agents/${id}`)).status).toBe(200);
  });
});
