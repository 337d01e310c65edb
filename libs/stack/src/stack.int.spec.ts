import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { freePort, startNativeKafka, startNativePostgres } from './index';
import { findProcess, listProcesses } from './process-table';

interface Started {
  brokers: string;
  url: string;
  pids: number[];
}

let dataDir: string;
let ports: { kafka: number; postgres: number };
let parent: ChildProcess | undefined;

/** Starts both servers below a process of their own, which a test may kill. */
async function startBelowParent(): Promise<Started> {
  const script = join(__dirname, 'parent.fixture.cjs');
  parent = spawn(process.execPath, [script, dataDir, String(ports.kafka), String(ports.postgres)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  parent.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  for await (const chunk of parent.stdout!) {
    output += String(chunk);
    if (output.endsWith('\n')) return JSON.parse(output) as Started;
  }
  throw new Error(`the parent ended: ${errors}`);
}

/** Kills the parent as a crash would. */
async function killParent(): Promise<void> {
  const exit = once(parent!, 'exit');
  parent!.kill('SIGKILL');
  await exit;
}

/** True when somebody accepts connections. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Everything of ours that still runs on the data folder. */
function leftProcesses(): string[] {
  return listProcesses()
    .filter((entry) => entry.pid !== process.pid && entry.command.includes(dataDir))
    .map((entry) => entry.command);
}

async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 300 && !(await condition()); attempt++) await sleep(100);
}

async function withKafka<T>(brokers: string, use: (kafka: Kafka) => Promise<T>): Promise<T> {
  return use(new Kafka({ clientId: 'stack-test', brokers: [brokers], logLevel: logLevel.NOTHING }));
}

async function write(brokers: string, value: string): Promise<void> {
  await withKafka(brokers, async (kafka) => {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic: 'kept', numPartitions: 1 }] });
    await admin.disconnect();
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: 'kept', acks: -1, messages: [{ value }] });
    await producer.disconnect();
  });
}

async function endOffset(brokers: string): Promise<string> {
  return withKafka(brokers, async (kafka) => {
    const admin = kafka.admin();
    await admin.connect();
    const [partition] = await admin.fetchTopicOffsets('kept');
    await admin.disconnect();
    return partition!.high;
  });
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const result = await client.query<Record<string, unknown>>(sql);
  await client.end();
  return result.rows;
}

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'conversation-tasks-stack-'));
  ports = { kafka: await freePort(), postgres: await freePort() };
});

afterAll(async () => {
  if (parent && parent.exitCode === null && parent.signalCode === null) await killParent();
  await waitUntil(() => leftProcesses().length === 0);
  rmSync(dataDir, { recursive: true, force: true });
});

describe('the native stack', () => {
  it('leaves no process and no listener when its parent is killed, and keeps its data for the next start', async () => {
    // given both servers, with something stored
    const first = await startBelowParent();
    await write(first.brokers, 'before');
    await query(first.url, 'create table kept as select 42 as answer');

    // when the parent is killed with SIGKILL
    await killParent();
    await waitUntil(() => leftProcesses().length === 0);

    // then nothing is left
    expect(leftProcesses()).toEqual([]);
    expect(await Promise.all([accepts(ports.kafka), accepts(ports.postgres)])).toEqual([false, false]);

    // and the next start, on the same ports, finds what was stored
    const second = await startBelowParent();
    expect(await endOffset(second.brokers)).toBe('1');
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  }, 120_000);

  it('ends servers whose supervisor was killed too, and starts anew', async () => {
    // given the servers of the test before, orphaned: supervisors killed first, then the parent
    const supervisors = listProcesses().filter(
      (entry) => entry.command.includes('supervise.mjs') && entry.command.includes(dataDir),
    );
    expect(supervisors).toHaveLength(2);
    for (const supervisor of supervisors) process.kill(supervisor.pid, 'SIGKILL');
    await killParent();
    expect(await accepts(ports.kafka)).toBe(true);

    // when started again
    const started = await startBelowParent();

    // then it has new processes, and what was stored
    expect(started.pids.every((pid) => findProcess(pid) !== null)).toBe(true);
    expect(await endOffset(started.brokers)).toBe('1');
    expect(await query(started.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  }, 120_000);

  it('says so when another process of ours runs a server on the data', async () => {
    // given the servers of the test before
    // when this process wants them too
    const kafka = startNativeKafka({ dataDir: join(dataDir, 'kafka') });
    const postgres = startNativePostgres({ dataDir: join(dataDir, 'postgres') });

    // then both name the process to stop
    await expect(kafka).rejects.toThrow(
      `Kafka is already running on ${dataDir}/kafka, started by process ${parent!.pid}`,
    );
    await expect(postgres).rejects.toThrow(
      `PostgreSQL is already running on ${dataDir}/postgres, started by process ${parent!.pid}`,
    );
  });

  it('names a taken port, who has it and the remedy', async () => {
    // given a listener of this process
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };

    // when PostgreSQL is to listen there
    const other = mkdtempSync(join(tmpdir(), 'conversation-tasks-port-'));
    const start = startNativePostgres({ dataDir: other, port });

    // then one line says it all
    await expect(start).rejects.toThrow(
      new RegExp(`^Port ${port}, wanted for PostgreSQL, is taken.* - .*POSTGRES_PORT=<port>$`),
    );
    listener.close();
    rmSync(other, { recursive: true, force: true });
  });

  it('loses nothing that was acknowledged when a server crashes, and starts again', async () => {
    // given a stack of this process
    await killParent();
    await waitUntil(() => leftProcesses().length === 0);
    const kafka = await startNativeKafka({ dataDir: join(dataDir, 'kafka'), port: ports.kafka });
    const postgres = await startNativePostgres({ dataDir: join(dataDir, 'postgres'), port: ports.postgres });
    await write(kafka.brokers, 'acknowledged');
    await query(postgres.url, 'insert into kept values (43)');

    // when both crash and start again
    await Promise.all([kafka.kill9(), postgres.kill9()]);
    expect(await Promise.all([accepts(kafka.port), accepts(postgres.port)])).toEqual([false, false]);
    await Promise.all([kafka.restart(), postgres.restart()]);

    // then all is there
    expect(await endOffset(kafka.brokers)).toBe('2');
    expect(await query(postgres.url, 'select answer from kept order by answer')).toEqual([
      { answer: 42 },
      { answer: 43 },
    ]);

    // and an orderly stop leaves nothing
    await Promise.all([kafka.stop(), postgres.stop()]);
    await waitUntil(() => leftProcesses().length === 0);
    expect(leftProcesses()).toEqual([]);
  }, 120_000);
});
