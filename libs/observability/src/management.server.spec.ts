import { createServer } from 'node:net';
import { once } from 'node:events';
import { Counter, Registry } from 'prom-client';
import { SettingsError } from '#libs/settings';
import { type ManagementServer, openManagementPort, ProcessHealth } from '.';

const HERE = { host: '127.0.0.1', port: 0 };

describe('the management port', () => {
  const health = new ProcessHealth();
  const registry = new Registry();
  let server: ManagementServer;

  beforeAll(async () => {
    server = await openManagementPort(HERE, { health, registry });
  });
  afterAll(() => server.close());

  async function get(path: string): Promise<{ status: number; type: string | null; body: string }> {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    const { status, headers } = response;
    return { status, type: headers.get('content-type'), body: await response.text() };
  }

  it('says before anything has begun that the process lives and is not ready', async () => {
    expect(await get('/health/live')).toMatchObject({ status: 200 });
    const { status, body } = await get('/health/ready');
    expect([status, JSON.parse(body)]).toEqual([
      503,
      { ok: false, checks: { start: { ok: false, reason: 'the process is starting' } } },
    ]);
  });

  it('names which check fails, and why', async () => {
    health.readyWhen(() => ({ database: { ok: true }, broker: { ok: false, reason: 'ECONNREFUSED' } }));
    const { status, body } = await get('/health/ready');
    expect([status, JSON.parse(body).checks.broker]).toEqual([503, { ok: false, reason: 'ECONNREFUSED' }]);
    health.readyWhen(() => ({ database: { ok: true }, broker: { ok: true } }));
    expect(await get('/health/ready')).toMatchObject({ status: 200 });
  });

  it('serves what the registry holds, in the text that Prometheus reads', async () => {
    new Counter({ name: 'events_total', help: 'Events.', registers: [registry] }).inc(3);
    expect(await get('/metrics')).toEqual({
      status: 200,
      type: 'text/plain; charset=utf-8; version=0.0.4',
      body: expect.stringContaining('events_total 3'),
    });
  });

  it('says that a process that stops is not ready, and that one that failed does not live', async () => {
    health.stop();
    expect([(await get('/health/ready')).status, (await get('/health/live')).status]).toEqual([503, 200]);
    health.fail('a foreign record');
    const { status, body } = await get('/health/live');
    expect([status, body]).toEqual([503, expect.stringContaining('a foreign record')]);
  });
});

it('a management port that is taken is refused by the name of its setting', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const opened = openManagementPort(
    { ...HERE, port },
    { health: new ProcessHealth(), registry: new Registry() },
  );
  await expect(opened).rejects.toThrow(/^MANAGEMENT_PORT must be a free port/);
  await expect(opened).rejects.toBeInstanceOf(SettingsError);
  other.close();
});
