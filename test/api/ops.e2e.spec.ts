import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DeadLetterPage, type DeadLetterState } from '#libs/contracts';
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

  test.each(['agent', 'lead', 'service'])('none of it is for one who is %s', async (role) => {
    const client = await clients.as('someone', { roles: [role] });
    const refused = { status: 403, body: { code: 'forbidden' } };
    expect(await client.get('/v1/ops/lag')).toMatchObject(refused);
    expect(await client.get(LETTERS)).toMatchObject(refused);
  });
});
