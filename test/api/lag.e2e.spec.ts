import { type LagState } from '#libs/contracts';
import { TestDeployment } from '#libs/testing';
import { type ApiClient, ApiClients } from '../support/api.client';
import { createData, recordOf } from '../support/events';
import { agent, BOOKINGS } from '../support/office';

jest.setTimeout(180_000);

describe('the lag over HTTP', () => {
  let deployment: TestDeployment;
  let clients: ApiClients;
  let ops: ApiClient;

  beforeAll(async () => {
    deployment = await TestDeployment.create({ shards: 3 });
    clients = await ApiClients.start(deployment);
    ops = await clients.as('olga', { roles: ['ops'] });
  });
  afterAll(() => deployment?.close());

  async function lag(): Promise<LagState> {
    const { status, body } = await ops.get<LagState>('/v1/ops/lag');
    const { stdout } = await deployment.mustCli(['lag', '--json']);
    expect({ status, body }).toEqual({ status: 200, body: JSON.parse(stdout) });
    return body;
  }

  const commands = (...subjects: string[]) =>
    deployment.publish(
      subjects.map((subject) => recordOf({ subject, data: { ...createData(), channel: 'call' } })),
    );

  test('it is what the command line says: nothing while workers keep up, and what nobody has read once they are gone', async () => {
    await deployment.startWorker();
    await deployment.publish([BOOKINGS, agent('eli')]);
    await commands('a', 'b', 'c');
    await deployment.drained();
    await deployment.stopWorkers();
    const before = await lag();
    expect(before.totals).toEqual({ inputs: '0', relay: '0' });
    expect(before.inputs).toHaveLength(3 * 3 + 1);
    const workforce = { topic: 'workforce', partition: 0, committed: '2', stored: '2', end: '2', lag: '0' };
    expect(before.inputs).toContainEqual(workforce);
    const activities = before.relay.filter(({ topic }) => topic === 'task-activity');
    expect(activities.map(({ shard }) => shard)).toEqual([0, 1, 2]);
    expect(activities.reduce((sum, { published }) => sum + Number(published), 0)).toBe(3);

    await commands('a', 'b');
    await deployment.publish([agent('mia')]);
    const after = await lag();
    expect(after.totals).toEqual({ inputs: '3', relay: '0' });
    expect(after.inputs).toContainEqual({ ...workforce, end: '3', lag: '1' });
  });

  test.each(['agent', 'lead', 'service'])('it is none of the business of one who is %s', async (role) => {
    const client = await clients.as('someone', { roles: [role] });
    expect(await client.get('/v1/ops/lag')).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });
});
