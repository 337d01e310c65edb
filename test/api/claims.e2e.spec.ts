import { TestDeployment, TestTokens } from '#libs/testing';
import { ApiClients } from '../support/api.client';
import { createData, recordOf } from '../support/events';
import { agent, BOOKINGS } from '../support/office';

jest.setTimeout(180_000);

const AGENTS = 1_000;
const TASKS = 100;

const agentId = (nth: number): string => `agent-${nth}`;
const taskId = (nth: number): string => `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`;

/** What a claim came to: the holder that the loser was told of, or null for the winner. */
interface Claimed {
  agent: string;
  task: string;
  told: string | null;
}

describe('a thousand agents claim a hundred tasks of their team at once, half of them over HTTP and half by Kafka', () => {
  let deployment: TestDeployment;
  let claims: Claimed[];

  beforeAll(async () => {
    deployment = await TestDeployment.create();
    const tokens = new TestTokens();
    const apis = await Promise.all([1, 2].map(() => deployment.startApi({ env: tokens.env })));
    const clients = apis.map((api) => new ApiClients(api, tokens));
    await Promise.all([1, 2].map(() => deployment.startWorker()));
    const agents = Array.from({ length: AGENTS }, (_, nth) => agent(agentId(nth)));
    await deployment.publish([BOOKINGS, ...agents]);
    await deployment.drained();
    await deployment.publish(
      Array.from({ length: TASKS }, (_, nth) =>
        recordOf({
          subject: `conv-${nth}`,
          data: createData({
            taskId: taskId(nth),
            assignee: { kind: 'team', id: 'bookings' },
            actor: { kind: 'service', id: 'crm' },
          }),
        }),
      ),
    );
    await deployment.drained();

    const all = Array.from({ length: AGENTS }, (_, nth) => nth);
    const [byHttp, byKafka] = [0, 1].map((rest) =>
      all.filter((nth) => Math.floor(nth / TASKS) % 2 === rest),
    ) as [number[], number[]];
    const overHttp = byHttp.map(async (nth): Promise<Claimed> => {
      const client = await clients[nth % 2]!.as(agentId(nth));
      const { status, body } = await client.post(`/v1/tasks/${taskId(nth % TASKS)}/claim`);
      if (status !== 200 && body.code !== 'already_claimed') throw new Error(JSON.stringify(body));
      return { agent: agentId(nth), task: taskId(nth % TASKS), told: status === 200 ? null : body.detail };
    });
    const published = deployment.publish(
      byKafka.map((nth) => {
        const data = { taskId: taskId(nth % TASKS), actor: { kind: 'agent', id: agentId(nth) } };
        return recordOf({ id: `claim ${nth}`, type: 'task.claim.v1', subject: `conv-${nth % TASKS}`, data });
      }),
    );
    const answered = await Promise.all(overHttp);
    await published;
    await deployment.drained();
    const rejected = await deployment.query<{ agent: string; code: string; detail: string }>(
      `select data -> 'command' -> 'data' -> 'actor' ->> 'id' as agent, code, data ->> 'detail' as detail from rejection_log`,
    );
    const refusals = new Map(rejected.map(({ agent: id, code, detail }) => [id, `${code}: ${detail}`]));
    claims = [
      ...answered,
      ...byKafka.map((nth) => ({
        agent: agentId(nth),
        task: taskId(nth % TASKS),
        told: refusals.get(agentId(nth)) ?? null,
      })),
    ];
  });
  afterAll(() => deployment?.close());

  test('each task has one winner, and every loser is told who that is', async () => {
    const rows = await deployment.query<{ id: string; claimed_by: string }>(
      'select id, claimed_by from task',
    );
    const holders = new Map(rows.map(({ id, claimed_by: by }) => [id, by]));
    expect(claims).toHaveLength(AGENTS);
    expect(claims.filter(({ told }) => told === null)).toHaveLength(TASKS);
    for (const { agent: id, task, told } of claims) {
      if (told === null) expect(holders.get(task)).toBe(id);
      else expect(told).toMatch(new RegExp(`\\b${holders.get(task)}\\b`));
    }
  });

  test('no log has a gap, and none says anything twice', async () => {
    const logs = await deployment.query<{ sequences: number[]; types: string[] }>(
      `select array_agg(sequence order by position) as sequences, array_agg(type order by position) as types
         from activity_log group by task_id`,
    );
    expect(logs).toHaveLength(TASKS);
    for (const { sequences, types } of logs) {
      expect(sequences).toEqual([1, 2]);
      expect(types).toEqual(['task.created.v1', 'task.assignment_changed.v1']);
    }
    const gaps = await deployment.query(
      `select shard from activity_log group by shard having count(*) <> max(position) or min(position) <> 1`,
    );
    expect(gaps).toEqual([]);
    await deployment.mustCli(['verify']);
  });
});
