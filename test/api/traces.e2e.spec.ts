import { TestDeployment } from '#libs/testing';
import { type ApiClient, ApiClients } from '../support/api.client';
import { recordOf } from '../support/events';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp.receiver';

jest.setTimeout(120_000);

const CANARY = 'Clementine';
const TASK = { type: 'internal', priority: 'low', title: `Call ${CANARY}` };
const CREATE = '/v1/conversations/conv-1/tasks';
const from = (digit: string, flags = '01'): string => `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`;

describe('traces of the API', () => {
  let deployment: TestDeployment;
  let receiver: OtlpReceiver;
  let eli: ApiClient;

  beforeAll(async () => {
    deployment = await TestDeployment.create();
    receiver = await OtlpReceiver.start();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '50' };
    eli = await (await ApiClients.start(deployment, env)).as('eli');
    await deployment.startWorker();
    const data = { channel: 'call', customer: { id: 'c-1' } };
    await deployment.publish([recordOf({ type: 'conversation.started.v1', data })]);
    await deployment.drained();
  });
  afterAll(async () => {
    await deployment?.close();
    await receiver?.close();
  });

  /** Creates a task under a trace, and gives the `traceparent` that its activity went out with. */
  async function created(traceparent?: string): Promise<string | undefined> {
    const { status, body } = await eli.post(CREATE, TASK, traceparent === undefined ? {} : { traceparent });
    expect({ status, body }).toMatchObject({ status: 201 });
    await deployment.drained();
    const records = await deployment.records('task-activity');
    return records.find(({ key }) => String(key) === body.id)!.headers.traceparent;
  }

  async function spanOf(traceparent: string): Promise<ReceivedSpan> {
    const [, traceId, spanId] = traceparent.split('-');
    return received((span) => span.traceId === traceId && span.spanId === spanId);
  }

  /** A span, when it has come: it is sent a moment after its request was answered. */
  async function received(wanted: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan> {
    for (let left = 400; left > 0; left -= 1) {
      const found = receiver.spans.find(wanted);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no such span among ${JSON.stringify(receiver.spans)}`);
  }

  const attributesOf = ({ attributes }: ReceivedSpan): Record<string, unknown> =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

  test('go on through it: what a request leads to is the child of its span, in the caller’s own trace', async () => {
    const out = (await created(from('a')))!;
    expect(out.split('-')[1]).toBe('a'.repeat(32));
    const span = await spanOf(out);
    expect(span).toMatchObject({ name: 'POST /v1/conversations/{id}/tasks', parentSpanId: 'a'.repeat(16) });
    expect(attributesOf(span)).toEqual({
      'http.request.method': 'POST',
      'http.route': '/v1/conversations/{id}/tasks',
      'http.response.status_code': 201,
    });
  });

  test('begin with a request that comes without one', async () => {
    const span = await spanOf((await created())!);
    expect(span.parentSpanId).toBeUndefined();
  });

  test('are left as they came where nobody records them', async () => {
    expect(await created(from('b', '00'))).toBe(from('b', '00'));
  });

  test('have refused requests, too, and nothing that anybody said', async () => {
    const { status } = await eli.get(`/v1/tasks?status=${CANARY}`, { traceparent: from('c') });
    expect(status).toBe(400);
    await spanOf((await created(from('d')))!);
    const refused = await received(({ traceId }) => traceId === 'c'.repeat(32));
    expect({ ...refused, attributes: attributesOf(refused) }).toMatchObject({
      name: 'GET /v1/tasks',
      attributes: { 'http.response.status_code': 400 },
    });
    for (const body of receiver.bodies) expect(body).not.toContain(CANARY);
  });
});
