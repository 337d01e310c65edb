import fc from 'fast-check';
import { TestDeployment, TestTokens } from '#libs/testing';
import { judge } from '../support/any-request/answer.judge';
import { LivePools } from '../support/any-request/live.pools';
import { meanings } from '../support/any-request/meanings';
import { type ApiDocument, operationsOf } from '../support/any-request/operations';
import { type Plan, plansOf } from '../support/any-request/plan.arbitrary';
import { type RawAnswer, RawSender } from '../support/any-request/raw.sender';
import { type RawRequest, requestOf } from '../support/any-request/request.of-plan';
import { SchemaValues } from '../support/any-request/schema.arbitrary';
import { recordOf } from '../support/events';
import { OPENAPI } from '../support/openapi.check';

jest.setTimeout(360_000);

const REQUESTS = Number(process.env.ANY_REQUEST_COUNT ?? 10_000);
/** The same requests each time, so that a change is judged by what it changed; any other seed asks others. */
const SEED = Number(process.env.ANY_REQUEST_SEED ?? 20_261_127);
/** Each asks one thing after the other, in a tenant of its own: so a seed repeats what it asked. */
const LANES = 8;
/** By then it is stuck. */
const WITHIN_MS = 300_000;
const ROLES = { lead: ['agent', 'lead', 'ops'], service: ['service', 'lead', 'ops'], agent: ['agent'] };

const document = OPENAPI as unknown as ApiDocument;
const operations = operationsOf(document);
const values: SchemaValues = new SchemaValues(
  document,
  meanings(operations, () => values),
);
const plans = plansOf(operations, values);

/** How often each operation gave each status, and why it last refused a request that was meant to be right. */
const tally = new Map(operations.map(({ operationId }) => [operationId, new Map<number, number>()]));
const refusals = new Map<string, string>();

function count(plan: Plan, request: RawRequest, answer: RawAnswer): void {
  const { operationId, method } = plan.operation;
  if (request.method !== method) return;
  const statuses = tally.get(operationId)!;
  statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
  if (plan.bends.length === 0 && answer.status >= 400) refusals.set(operationId, shown(request, answer));
}

function shown(
  { caller, method, target, headers, body = '' }: RawRequest,
  { status, text }: RawAnswer,
): string {
  const asked = `${method} ${target.slice(0, 500)} as ${caller} ${JSON.stringify(headers)} ${body.slice(0, 2_000)}`;
  return `${asked}\n  → ${status} ${text.slice(0, 1_000)}`;
}

describe('any request', () => {
  let deployment: TestDeployment;
  let sender: RawSender;
  const tokens = new TestTokens();

  beforeAll(async () => {
    deployment = await TestDeployment.create();
    const env = { ...tokens.env, RATE_LIMIT: '100000' };
    const api = await deployment.startApi({ env });
    sender = new RawSender(await api.url());
    await deployment.startWorker();
    await deployment.publish(Array.from({ length: LANES }, (_, lane) => stock(`t-${lane}`)).flat());
    await deployment.drained();
  });
  afterAll(async () => {
    sender?.close();
    await deployment?.close();
  });

  /** What nobody can make over HTTP: conversations, outcomes, and what cannot be read. */
  function stock(tenantid: string) {
    const data = { channel: 'call', customer: { id: 'c-1', name: 'Ann' } };
    const outcome = { channel: 'call', flowId: 'bot', intent: 'Reserve', result: 'failure', slots: {} };
    const said = { channel: 'call', from: { kind: 'customer', id: 'c-1' }, text: 'Hello' };
    return Array.from({ length: 8 }, (_, n) => `conv-${n}`).flatMap((subject) => [
      recordOf({ type: 'conversation.started.v1', tenantid, subject, data }),
      recordOf({
        type: 'conversation.message.v1',
        tenantid,
        subject,
        data: { ...said, messageId: `${subject}-1` },
      }),
      recordOf({
        type: 'conversation.message.v1',
        tenantid,
        subject,
        data: { ...said, messageId: `${subject}-2` },
      }),
      recordOf({ type: 'conversation.outcome.v1', tenantid, subject, data: outcome }),
      recordOf({ type: 'task.create.v1', tenantid, subject, data: { title: 'no task' } }),
    ]);
  }

  async function tokensOf(tenant: string): Promise<Record<RawRequest['caller'], string | null>> {
    return {
      lead: await tokens.of('lea', ROLES.lead, tenant),
      service: await tokens.of('crm', ROLES.service, tenant),
      agent: await tokens.of('eli', ROLES.agent, tenant),
      stranger: await tokens.of('lea', ROLES.lead, 'nobody'),
      forged: await new TestTokens().of('lea', ROLES.lead, tenant),
      none: null,
    };
  }

  /** One lane, to its end. @throws with the request and the answer that is not as it must be. */
  async function run(lane: number, requests: number): Promise<void> {
    const tenant = `t-${lane}`;
    const bearers = await tokensOf(tenant);
    const pools = new LivePools(document, ['lea', 'eli', 'crm']);

    async function ask(plan: Plan, request: RawRequest): Promise<RawAnswer> {
      const token = bearers[request.caller];
      const headers = { ...(token !== null && { authorization: `Bearer ${token}` }), ...request.headers };
      const answer = await sender.send(request.method, request.target, headers, request.body);
      try {
        judge(plan.operation, request, answer);
      } catch (cause) {
        throw new Error(`${(cause as Error).message}\n${shown(request, answer)}`, { cause });
      }
      count(plan, request, answer);
      return answer;
    }

    async function once(plan: Plan): Promise<void> {
      const request = requestOf(plan, pools);
      const answer = await ask(plan, request);
      if (answer.status >= 300 || request.method !== plan.operation.method || request.caller === 'stranger')
        return;
      if (answer.type?.startsWith('text/event-stream')) {
        pools.lastEventId = /^id: (.+)$/m.exec(answer.text)?.[1] ?? pools.lastEventId;
        return;
      }
      pools.learn(plan.operation, request.target, JSON.parse(answer.text));
      if (!plan.twice || !('Idempotency-Key' in request.headers)) return;
      const again = await ask(plan, request);
      if (again.status !== answer.status)
        throw new Error(`sent again under its key it is another answer:\n${shown(request, again)}`);
    }

    const put = (target: string, body: object): Plan => ({
      ...{
        operation: operations.find(({ path, method }) => method === 'PUT' && path === `/v1/${target}/{id}`)!,
      },
      ...{
        caller: 'service',
        path: { id: (body as { id: string }).id },
        query: {},
        matched: false,
        key: null,
      },
      ...{ twice: false, body, page: null, bends: [] },
    });
    await once(put('teams', { id: 'bookings', name: 'Bookings' }));
    for (const [id, roles] of [
      ['lea', ['lead']],
      ['eli', ['agent']],
      ['mia', ['agent']],
    ] as const)
      await once(put('agents', { id, name: id, availability: 'available', roles, teams: ['bookings'] }));
    await once(put('calendars', { id: 'office', timezone: 'UTC', hours: { mon: [['09:00', '17:00']] } }));
    // All lists, so that there is something to choose from.
    for (const operation of operations.filter(({ method, path }) => method === 'GET' && !path.includes('{')))
      await once({ ...put('teams', { id: 'x' }), operation, path: {}, body: undefined });

    const { failed, errorInstance, numRuns } = await fc.check(fc.asyncProperty(plans, once), {
      ...{ numRuns: requests, seed: SEED + lane },
      ...{ interruptAfterTimeLimit: WITHIN_MS, markInterruptAsFailure: true },
    });
    // What it was made of is long: the request says it better.
    const why = errorInstance instanceof Error ? errorInstance.message : `not done within ${WITHIN_MS} ms`;
    if (failed) throw new Error(`lane ${lane}, after ${numRuns} requests: ${why}`);
  }

  test('the document that it is held to is the one the API serves', async () => {
    const { text } = await sender.send('GET', '/docs/openapi.json', {});
    expect(JSON.parse(text)).toEqual(OPENAPI);
  });

  test(`${REQUESTS} requests made of the document: none breaks anything, no answer is another than documented, and every operation succeeds`, async () => {
    const lanes = await Promise.allSettled(
      Array.from({ length: LANES }, (_, lane) => run(lane, Math.ceil(REQUESTS / LANES))),
    );
    const failures = lanes.flatMap((lane) => (lane.status === 'rejected' ? [String(lane.reason)] : []));
    if (failures.length > 0)
      throw new Error(`ANY_REQUEST_SEED=${SEED} asks the same again.\n\n${failures.join('\n\n')}`);
    const counts = [...tally].map(([operation, statuses]) => ({
      operation,
      ...Object.fromEntries(statuses),
    }));
    const answers = [...tally.values()].flatMap((statuses) => [...statuses]);
    const total = answers.reduce((sum, [, times]) => sum + times, 0);
    const good = answers.filter(([status]) => status < 300).reduce((sum, [, times]) => sum + times, 0);
    if (process.env.ANY_REQUEST_TELL)
      console.log(SEED, total, good / total, JSON.stringify(counts, null, 0), [...refusals]);
    const never = operations
      .map(({ operationId }) => operationId)
      .filter((id) => ![...tally.get(id)!.keys()].some((status) => status < 300));
    const lacking = [
      ...never.map(
        (id) =>
          `${id} never succeeded: teach test/support/any-request/meanings.ts what its requests mean. The last: ${refusals.get(id)}`,
      ),
      ...(total >= REQUESTS ? [] : [`only ${total} requests`]),
      ...(good / total >= 0.4 ? [] : [`only ${good} of ${total} requests succeeded`]),
    ];
    expect(lacking.map((what) => `ANY_REQUEST_SEED=${SEED}: ${what}`)).toEqual([]);
  });
});
