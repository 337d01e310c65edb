import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { TestDeployment, TestTokens } from '#libs/testing';
import { type ApiClient, ApiClients, type ApiRequest } from '../support/api.client';
import { recordOf } from '../support/events';
import { agent, BOOKINGS } from '../support/office';

jest.setTimeout(180_000);

const TASK = { type: 'follow_up', priority: 'high', title: 'Call back' };
const CREATE = '/v1/conversations/conv-1/tasks';
const NOWHERE = '00000000-0000-4000-8000-00000000dead';

describe('requests that are not as they should be', () => {
  let deployment: TestDeployment;
  let tokens: TestTokens;
  let clients: ApiClients;
  let eli: ApiClient;
  let stranger: ApiClient;
  let taskId: string;

  beforeAll(async () => {
    deployment = await TestDeployment.create();
    tokens = new TestTokens();
    clients = new ApiClients(await deployment.startApi({ env: tokens.env }), tokens);
    eli = await clients.as('eli');
    stranger = await clients.as('eli', { tenant: 'other' });
    await deployment.startWorker();
    await deployment.publish([BOOKINGS, agent('eli'), agent('eli', 'other')]);
    const data = { channel: 'call', customer: { id: 'c-1', name: 'Ann' } };
    await deployment.publish([recordOf({ type: 'conversation.started.v1', data })]);
    await deployment.drained();
    taskId = (await eli.post(CREATE, TASK)).body.id;
  });
  afterAll(() => deployment?.close());

  describe('tokens', () => {
    const now = Math.floor(Date.now() / 1_000);
    const good = { sub: 'eli', tenantid: 'acme', roles: ['agent'] };
    const forged = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`;

    test.each<[string, () => Promise<string | null> | string | null]>([
      ['none at all', () => null],
      ['that is none', () => 'abc'],
      ['signed by another key', () => tokens.sign(good, generateKeyPairSync('ed25519').privateKey)],
      [
        'with a secret made of the public key',
        () => tokens.sign(good, createSecretKey(tokens.publicKey, 'utf8'), 'HS256'),
      ],
      [
        'of no algorithm',
        () =>
          `${Buffer.from('{"alg":"none"}').toString('base64url')}${forged({ ...good, exp: now + 60 }).slice(3)}`,
      ],
      ['that has expired', () => tokens.sign({ ...good, exp: now - 60 })],
      ['that never expires', () => tokens.sign({ ...good, exp: undefined })],
      ['that is not yet good', () => tokens.sign({ ...good, nbf: now + 600 })],
      ['for another audience', () => tokens.sign({ ...good, aud: 'payroll' })],
      ['of another issuer', () => tokens.sign({ ...good, iss: 'https://evil.test' })],
      ['of nobody', () => tokens.sign({ ...good, sub: undefined })],
      ['of no tenant', () => tokens.sign({ ...good, tenantid: undefined })],
      ['of a tenant that cannot be', () => tokens.sign({ ...good, tenantid: 'a/b' })],
      ['without roles', () => tokens.sign({ ...good, roles: [] })],
      ['with a role nobody knows', () => tokens.sign({ ...good, roles: ['root'] })],
    ])('a token %s is refused, and nothing is done', async (_, token) => {
      const client = await clients.with(await token());
      const { status, headers, body } = await client.post(CREATE, TASK);
      expect({ status, body }).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
      expect(headers.get('www-authenticate')).toBe('Bearer');
    });

    test('a token whose roles do not allow it is refused, with the roles that would', async () => {
      const ops = await clients.as('olga', { roles: ['ops'] });
      expect(await ops.post(CREATE, TASK)).toMatchObject({
        status: 403,
        body: { code: 'forbidden', detail: expect.stringContaining('service') },
      });
      expect((await ops.get('/v1/tasks')).status).toBe(200);
    });

    test('who acts is in the token alone', async () => {
      const actor = { kind: 'agent', id: 'mia' };
      expect(await eli.post(CREATE, { ...TASK, actor })).toMatchObject({
        status: 400,
        body: { errors: [{ field: 'actor' }] },
      });
    });
  });

  describe('what is said', () => {
    const deep = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
    test.each<[string, string, ApiRequest, number, string | null]>([
      ['is no JSON', CREATE, { method: 'POST', body: '{"half":' }, 400, null],
      ['is no object', CREATE, { body: '[]' }, 400, 'body'],
      ['is no object either', CREATE, { body: '"text"' }, 400, null],
      ['is nothing', CREATE, { method: 'POST' }, 400, 'body'],
      [
        'is not said to be JSON',
        CREATE,
        { body: '{}', headers: { 'content-type': 'text/plain' } },
        415,
        null,
      ],
      ['has a field nobody knows', CREATE, { body: { ...TASK, prioritty: 'low' } }, 400, 'prioritty'],
      [
        'has a field nobody knows within',
        CREATE,
        { body: { ...TASK, due: { in: 'PT1H', of: 'x' } } },
        400,
        'due.of',
      ],
      ['lacks a field', CREATE, { body: { ...TASK, title: undefined } }, 400, 'title'],
      ['has a wrong type', CREATE, { body: { ...TASK, title: 7 } }, 400, 'title'],
      ['has a wrong word', CREATE, { body: { ...TASK, priority: 'urgent' } }, 400, 'priority'],
      [
        'has a date that is none',
        CREATE,
        { body: { ...TASK, due: { at: '2026-02-30T00:00:00Z' } } },
        400,
        'due.at',
      ],
      ['has U+0000', CREATE, { body: { ...TASK, title: 'a\u0000b' } }, 400, 'title'],
      [
        'has half a character',
        CREATE,
        { body: '{"type":"follow_up","priority":"high","title":"\\ud800"}' },
        400,
        'title',
      ],
      [
        'has a prototype',
        CREATE,
        { body: '{"type":"follow_up","priority":"high","title":"x","__proto__":{"admin":true}}' },
        400,
        '__proto__',
      ],
      ['has a constructor', CREATE, { body: { ...TASK, constructor: {} } }, 400, 'constructor'],
      ['has a title that is too long', CREATE, { body: { ...TASK, title: 'x'.repeat(501) } }, 400, 'title'],
      [
        'has a description that is too long',
        CREATE,
        { body: { ...TASK, description: 'x'.repeat(16_385) } },
        400,
        'description',
      ],
      ['is too large', CREATE, { body: { ...TASK, description: 'x'.repeat(300_000) } }, 413, null],
      ['is very deep', CREATE, { body: deep }, 400, 'body'],
      [
        'is very deep where anything may stand',
        '/v1/tasks/bulk',
        { body: `{"items":[{"taskId":"${NOWHERE}","command":"claim","data":${deep}}]}` },
        400,
        'body',
      ],
      [
        'is deep in lists',
        '/v1/tasks/bulk',
        { body: `{"items":${'['.repeat(60_000)}${']'.repeat(60_000)}}` },
        400,
        'body',
      ],
      [
        'has a huge list',
        '/v1/tasks/bulk',
        { body: { items: Array.from({ length: 101 }, () => ({ taskId: NOWHERE, command: 'claim' })) } },
        400,
        'items',
      ],
      [
        'has a command nobody knows',
        '/v1/tasks/bulk',
        { body: { items: [{ taskId: NOWHERE, command: 'toString' }] } },
        400,
        'items[0].command',
      ],
      [
        'has a key that cannot be',
        CREATE,
        { body: TASK, headers: { 'idempotency-key': 'x'.repeat(121) } },
        400,
        'Idempotency-Key',
      ],
      ['has a parameter nobody knows', '/v1/tasks?colour=red', {}, 400, 'colour'],
      ['has a parameter named __proto__', '/v1/tasks?__proto__=x', {}, 400, '__proto__'],
      ['asks for a status that is none', '/v1/tasks?status=done', {}, 400, 'status[0]'],
      ['asks for too much', '/v1/tasks?limit=201', {}, 400, 'limit'],
      ['asks for nothing', '/v1/tasks?limit=0', {}, 400, 'limit'],
      ['asks for no number', '/v1/tasks?limit=ten', {}, 400, 'limit'],
      ['asks twice', '/v1/tasks?limit=1&limit=2', {}, 400, 'limit'],
      ['asks before no date', '/v1/tasks?dueBefore=tomorrow', {}, 400, 'dueBefore'],
      ['sorts by what it cannot', '/v1/tasks?sort=title', {}, 400, 'sort'],
      ['sorts a queue', '/v1/tasks?queue=mine&sort=createdAt', {}, 400, 'sort'],
      ['has a cursor that is none', '/v1/tasks?cursor=abc', {}, 400, 'cursor'],
      [
        'has a cursor with SQL in it',
        `/v1/tasks?cursor=${Buffer.from('["x","\';--"]').toString('base64url')}`,
        {},
        400,
        'cursor',
      ],
      ['looks for no word', '/v1/tasks?q=%20!%20', {}, 400, 'q'],
      ['looks for more than anybody types', `/v1/tasks?q=${'x'.repeat(201)}`, {}, 400, 'q'],
      ['looks for words in a queue', '/v1/tasks?q=x&queue=mine', {}, 400, 'q'],
      ['is asked of no path', '/v1/nowhere', {}, 404, null],
      ['has a path that cannot be decoded', '/v1/tasks/%E0%A4%A', {}, 400, null],
    ])('%s', async (_, path, request, status, field) => {
      const answer = await eli.send(path, request);
      expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
      if (field !== null) {
        const named = expect.objectContaining({ field, message: expect.stringContaining(field) });
        expect(answer.body.errors).toEqual(expect.arrayContaining([named]));
      }
      if (status >= 400) expect(answer.headers.get('content-type')).toContain('application/problem+json');
    });

    test.each([
      ['DELETE', '/v1/tasks', 'GET, HEAD'],
      ['POST', '/v1/tasks/00000000-0000-4000-8000-000000000001', 'GET, HEAD, PATCH'],
      ['PUT', '/v1/tasks/bulk', 'GET, HEAD, PATCH, POST'],
    ])('%s of %s: the path has other methods, which are named', async (method, path, allow) => {
      const { status, headers, body } = await eli.send(path, { method });
      expect({ status, body }).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
      expect(headers.get('allow')).toBe(allow);
    });

    test('a cursor is good for its own question, and for its own tenant', async () => {
      await eli.post(CREATE, TASK);
      const { body } = await eli.get<{ next: string }>('/v1/tasks?limit=1');
      expect((await eli.get(`/v1/tasks?limit=1&cursor=${body.next}`)).status).toBe(200);
      for (const [client, filter] of [
        [eli, '&status=to_do'],
        [eli, '&sort=dueAt'],
        [stranger, ''],
      ] as const) {
        const { status, body: refused } = await client.get(`/v1/tasks?limit=1${filter}&cursor=${body.next}`);
        expect({ status, refused }).toMatchObject({
          status: 400,
          refused: { errors: [{ field: 'cursor' }] },
        });
      }
    });

    test.each(["'; drop table task; --", '%', '\\', '$1', '{{ 1 }}', '../../etc', '\u202e', '<script>', '"'])(
      'a string like %j is a string',
      async (text) => {
        const { status, body } = await eli.post(CREATE, { ...TASK, title: text, description: text });
        expect({ status, body }).toMatchObject({ status: 201, body: { title: text, description: text } });
        for (const name of ['assignee', 'team', 'conversationId', 'q'])
          expect([200, 400]).toContain(
            (await eli.get(`/v1/tasks?${name}=${encodeURIComponent(text)}`)).status,
          );
        expect((await eli.get(`/v1/conversations/${encodeURIComponent(text)}`)).status).toBe(404);
      },
    );
  });

  test('another tenant’s ids are not there, in any position', async () => {
    const own = await stranger.get<{ items: unknown[] }>('/v1/tasks');
    expect(own.body.items).toEqual([]);
    for (const [path, request] of [
      [`/v1/tasks/${taskId}`, {}],
      [`/v1/tasks/${taskId}/activity`, {}],
      [`/v1/tasks/${taskId}/claim`, { method: 'POST' }],
      [`/v1/tasks/${taskId}`, { method: 'PATCH', body: { priority: 'low' } }],
      ['/v1/conversations/conv-1', {}],
      ['/v1/conversations/conv-1/messages', {}],
      ['/v1/conversations/conv-1/tasks', {}],
      ['/v1/conversations/conv-1/tasks', { body: TASK }],
    ] as [string, ApiRequest][]) {
      const { status } = await stranger.send(path, request);
      expect({ path, status }).toEqual({ path, status: 404 });
    }
    expect((await stranger.get<{ items: unknown[] }>('/v1/tasks?conversationId=conv-1')).body.items).toEqual(
      [],
    );
  });

  test('one who asks too often is told when to come again; others are not held up', async () => {
    const clients = new ApiClients(
      await deployment.startApi({ env: { ...tokens.env, RATE_LIMIT: '5' } }),
      tokens,
    );
    const [often, other] = [await clients.as('often'), await clients.as('other')];
    const began = Date.now();
    const statuses = (await Promise.all(Array.from({ length: 100 }, () => often.get('/v1/tasks')))).map(
      ({ status, headers }) => [status, headers.get('retry-after') !== null],
    );
    // Ten in two seconds, and ten more in each two that a busy machine takes longer; its timer may be a little early.
    const most = 10 * (1 + Math.floor((Date.now() - began) / 1_990));
    const letIn = statuses.filter(([status]) => status === 200).length;
    expect(letIn).toBeGreaterThanOrEqual(10);
    expect(letIn).toBeLessThanOrEqual(most);
    const refused = statuses.filter(([status, hasRetryAfter]) => status === 429 && hasRetryAfter);
    expect(refused).toHaveLength(100 - letIn);
    expect(refused).not.toHaveLength(0);
    expect((await other.get('/v1/tasks')).status).toBe(200);
  });

  test('an issuer’s keys are had from its address; while that cannot be had, nobody is let in, and told to come again', async () => {
    const issuer = createServer((_, response) => response.end(JSON.stringify(tokens.jwks)));
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    const { port } = issuer.address() as AddressInfo;
    const { JWT_PUBLIC_KEY_FILE: _, ...others } = tokens.env;
    const env = { ...others, JWT_JWKS_URL: `http://127.0.0.1:${port}/keys` };
    const api = await deployment.startApi({ env });
    const late = await deployment.startApi({ env });
    expect((await (await new ApiClients(api, tokens).as('eli')).get('/v1/tasks')).status).toBe(200);
    const stranger = new ApiClients(api, new TestTokens());
    expect((await (await stranger.as('eli')).get('/v1/tasks')).status).toBe(401);
    await new Promise((resolve) => issuer.close(resolve).closeAllConnections());
    const away = await (await new ApiClients(late, tokens).as('eli')).get('/v1/tasks');
    expect(away).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  });

  test('an API without a key does not start, and says which setting it wants', async () => {
    const { JWT_PUBLIC_KEY_FILE: _, ...env } = tokens.env;
    await expect(deployment.startApi({ env })).rejects.toThrow(
      /JWT_JWKS_URL or JWT_PUBLIC_KEY_FILE must be set/,
    );
  });

  test('the database is away: 503, with when to come again; and it comes back', async () => {
    const { database } = deployment;
    await database.owner.query(`alter role "${new URL(database.url).username}" nologin`);
    await database.owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and application_name not like '%worker%'`,
      [new URL(database.url).username],
    );
    const away = await eli.get('/v1/tasks');
    expect(away).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(Number(away.headers.get('retry-after'))).toBeGreaterThan(0);
    await database.owner.query(`alter role "${new URL(database.url).username}" login`);
    expect((await eli.get('/v1/tasks')).status).toBe(200);
  });
});
