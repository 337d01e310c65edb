import { randomBytes } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { shardOf, type Task } from '#libs/domain';
import { createIntake } from '#libs/intake';
import { EventProducer, FencedLogWriter } from '#libs/messaging';
import {
  createDataSource,
  DeploymentStore,
  operatorRoleOf,
  PostgresLogSource,
  PostgresShardStore,
} from '#libs/persistence';
import { KeyedQueue, processBatch, type ProcessingPorts, TenantDirectory } from '#libs/processing';
import { Relay } from '#libs/relay';
import { testServerUrl } from '#libs/testing';
import { dropTopics, testKafka, uniquePrefix } from '../cli.fixture';
import { roleOf } from '../connections';
import { encodeLine } from '../events/event.encoding';
import { applyFlows, checkFlows } from '../flows/apply.flows';
import { migrate } from '../migrate/migrate';
import { DEFAULT_START, SAMPLE_FLOWS, simulatedLines } from '../simulate/simulate';
import { verify, type VerifyReport } from './verify';

jest.setTimeout(180_000);

const SHARDS = 3;
const silent = { log: () => undefined, warn: () => undefined };

/** A deployment with a simulation applied and published, as a worker does it, in this process. */
class Deployment {
  readonly kafka = testKafka();
  readonly topicPrefix = uniquePrefix();
  readonly #name = `ct_${randomBytes(6).toString('hex')}`;
  readonly ownerUrl = this.#url();
  readonly databaseUrl = this.#url(`${this.#name}_app`);
  readonly owner = createDataSource({ url: this.ownerUrl, poolSize: 2 });
  readonly app = createDataSource({ url: this.databaseUrl, poolSize: 4 });
  readonly operator = createDataSource({
    url: this.databaseUrl,
    poolSize: 3,
    role: operatorRoleOf(`${this.#name}_app`),
  });
  #offset = 0;

  async open(): Promise<void> {
    const { kafka, topicPrefix, databaseUrl, ownerUrl } = this;
    await migrate({ kafka, topicPrefix, databaseUrl, ownerUrl, shards: SHARDS });
    for (const db of this.#all) await db.initialize();
    await applyFlows(this.app, 'acme', checkFlows(SAMPLE_FLOWS));
  }

  async close(): Promise<void> {
    for (const db of this.#all) if (db.isInitialized) await db.destroy();
    await dropTopics(this.kafka, this.topicPrefix);
    const server = createDataSource({ url: testServerUrl(), poolSize: 1 });
    await server.initialize();
    await server.query(`drop database if exists ${this.#name} with (force)`);
    const role = roleOf(this.databaseUrl).name;
    await server.query(`drop role if exists ${operatorRoleOf(role)}, ${role}`);
    await server.destroy();
  }

  /** Applies simulated events; their log is not published by that. */
  async apply(seed: number, conversations: number): Promise<void> {
    const lines = simulatedLines({
      tenantId: 'acme',
      seed,
      conversations,
      start: DEFAULT_START,
      everySeconds: 60,
    });
    const records = [...lines].map((line) => {
      const { topic, key, value, headers } = encodeLine(line, 'structured');
      const offset = String(this.#offset++);
      const [keyBytes, valueBytes] = [Buffer.from(key as string), Buffer.from(value!)];
      return {
        topic,
        partition: 0,
        offset,
        key: keyBytes,
        value: valueBytes,
        headers: headers ?? {},
        timestamp: '0',
      };
    });
    const ports: ProcessingPorts = {
      intake: createIntake(),
      store: new PostgresShardStore(this.app),
      deadLetters: { publish: () => Promise.reject(new Error('no dead letters here')) },
      directory: new TenantDirectory(),
      queue: new KeyedQueue(),
      shardOf: (conversationId) => shardOf(conversationId, SHARDS),
      now: () => new Date().toISOString(),
    };
    const patience = { isRunning: () => true };
    await processBatch(records, ports, patience);
  }

  /** Publishes the logs to their ends. */
  async publish(): Promise<void> {
    const { kafka, topicPrefix, operator } = this;
    const topics = { activity: `${topicPrefix}task-activity`, rejection: `${topicPrefix}task-rejections` };
    const topic = new FencedLogWriter({ kafka, topics, identity: new DeploymentStore(this.app) });
    const source = new PostgresLogSource(operator);
    let stopped: Error | undefined;
    const relay = new Relay({
      source,
      topic,
      logger: silent,
      pollMs: 20,
      onStopped: (error) => (stopped = error),
    });
    // One call by itself first: several first ones at once make several connections, of which kafkajs forgets all but one.
    await topic.end('activity', 0);
    relay.assign([0, 1, 2]);
    for (const log of ['activity', 'rejection'] as const) {
      for (const [shard, head] of (await source.heads())[log]) {
        while ((await topic.end(log, shard)).nextOffset < head) {
          if (stopped) throw stopped;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    }
    await relay.stop();
    await topic.close();
  }

  verify(relayPatienceMs = 10_000): Promise<VerifyReport> {
    return verify({ kafka: this.kafka, topicPrefix: this.topicPrefix, db: this.operator, relayPatienceMs });
  }

  /** Does something by hand that verify must find, and undoes it. */
  async planted(sql: string, undo: string): Promise<VerifyReport> {
    await this.owner.query(sql);
    try {
      return await this.verify(300);
    } finally {
      await this.owner.query(undo);
    }
  }

  async one<Row>(sql: string): Promise<Row> {
    const [row] = await this.owner.query<Row[]>(sql);
    if (!row) throw new Error(`nothing found: ${sql}`);
    return row;
  }

  get #all(): DataSource[] {
    return [this.owner, this.app, this.operator];
  }

  #url(role?: string): string {
    const url = new URL(testServerUrl());
    url.pathname = `/${this.#name}`;
    if (role) [url.username, url.password] = [role, 'pw'];
    return url.href;
  }
}

describe('verify', () => {
  const deployment = new Deployment();
  let task: Task & { shard: number; position: string };

  beforeAll(async () => {
    await deployment.open();
    await deployment.apply(1, 200);
    await deployment.publish();
    task = await deployment.one(
      `select t.*, position from task t join activity_log a on a.task_id = t.id where t.priority = 'high' order by t.id limit 1`,
    );
  });
  afterAll(() => deployment.close());

  test('given what a worker made, then everything agrees, and it was really looked at', async () => {
    const report = await deployment.verify();
    const { tasks } = await deployment.one<{ tasks: number }>('select count(*)::int as tasks from task');
    expect(report).toMatchObject({
      ok: true,
      shards: SHARDS,
      tasks,
      activities: tasks,
      total: 0,
      differences: [],
    });
    expect(tasks).toBeGreaterThan(50);
    expect(report.rejections).toBeGreaterThan(0);
  });

  test('given one column of a task changed by hand, then task and field are named', async () => {
    const report = await deployment.planted(
      `update task set priority = 'low' where id = '${task.id}'`,
      `update task set priority = 'high' where id = '${task.id}'`,
    );
    expect(report.ok).toBe(false);
    expect(report.differences).toHaveLength(1);
    expect(report.differences[0]).toMatchObject({
      kind: 'task',
      taskId: task.id,
      field: 'priority',
      message: `task ${task.id}: priority: table has "low", log folds to "high"`,
    });
  });

  test('given one log row’s data changed by hand, then task, position and place are named', async () => {
    const where = `where shard = ${task.shard} and position = ${task.position}`;
    const report = await deployment.planted(
      `update activity_log set data = replace(data::text, '"to_do"', '"resolved"')::json ${where}`,
      `update activity_log set data = replace(data::text, '"resolved"', '"to_do"')::json ${where}`,
    );
    expect(report.differences.length).toBeGreaterThan(0);
    for (const difference of report.differences) {
      expect(difference).toMatchObject({
        kind: 'activity',
        taskId: task.id,
        position: Number(task.position),
      });
    }
    expect(report.differences.map(({ field }) => field)).toContain('data.task.status');
  });

  test('given one log row’s column changed by hand, then the header it becomes is named', async () => {
    const where = `where shard = ${task.shard} and position = ${task.position}`;
    const report = await deployment.planted(
      `update activity_log set occurred_at = occurred_at + interval '1 millisecond' ${where}`,
      `update activity_log set occurred_at = occurred_at - interval '1 millisecond' ${where}`,
    );
    expect(report.differences).toMatchObject([
      { kind: 'activity', taskId: task.id, field: 'header ce_time' },
    ]);
  });

  test('given a rejection’s row changed by hand, then it is found', async () => {
    const { shard, position } = await deployment.one<{ shard: number; position: string }>(
      `select shard, position from rejection_log order by shard, position limit 1`,
    );
    const where = `where shard = ${shard} and position = ${position}`;
    const report = await deployment.planted(
      `update rejection_log set cause_id = cause_id || 'x' ${where}`,
      `update rejection_log set cause_id = left(cause_id, -1) ${where}`,
    );
    expect(report.byKind).toEqual({ rejection: report.total });
    expect(report.differences.map(({ field }) => field)).toContain('header ce_causationid');
  });

  test('given a log row that is gone, then its position is named', async () => {
    const where = `where shard = ${task.shard} and position = ${task.position}`;
    await deployment.owner.query(`create table kept as select * from activity_log ${where}`);
    const report = await deployment.planted(
      `delete from activity_log ${where}`,
      'insert into activity_log select * from kept',
    );
    await deployment.owner.query('drop table kept');
    expect(report.differences.map(({ kind }) => kind).sort()).toEqual(['activity', 'log']);
    expect(report.differences.map(({ message }) => message).join()).toContain(
      `position ${task.position} is missing`,
    );
  });

  test('given a task that is gone, one too many, or one in another shard, then each is named', async () => {
    await deployment.owner.query(`create table kept as select * from task where id = '${task.id}'`);
    const gone = await deployment.planted(
      `delete from task where id = '${task.id}'`,
      'insert into task select * from kept',
    );
    expect(gone.differences).toMatchObject([{ kind: 'task', taskId: task.id, field: 'id' }]);
    const extra = '019c0000-0000-8000-8000-00000000dead';
    const more = await deployment.planted(
      `insert into task select (jsonb_populate_record(k, '{"id": "${extra}", "origin_key": "\\\\xdead"}')).* from kept k`,
      `delete from task where id = '${extra}'`,
    );
    expect(more.differences).toMatchObject([{ kind: 'task', taskId: extra, field: 'id' }]);
    const moved = await deployment.planted(
      `update task set shard = ${(task.shard + 1) % SHARDS} where id = '${task.id}'`,
      `update task set shard = ${task.shard} where id = '${task.id}'`,
    );
    expect(moved.differences.map(({ taskId }) => taskId)).toEqual([task.id, task.id]);
    const beyond = await deployment.planted(
      `update task set shard = 99 where id = '${task.id}'`,
      `update task set shard = ${task.shard} where id = '${task.id}'`,
    );
    expect(beyond.differences.map(({ message }) => message).join()).toContain(
      'task: 1 rows are in shards beyond 2',
    );
    await deployment.owner.query('drop table kept');
  });

  test('given a head that is not the log’s, then it is said', async () => {
    const head = (by: number) =>
      `update shard_head set activity_position = activity_position + ${by} where shard = 1`;
    const ahead = await deployment.planted(head(1), head(-1));
    expect(ahead.differences.map(({ message }) => message).join('\n')).toMatch(
      /1 are missing[^]*the topic only/,
    );
    const behind = await deployment.planted(head(-1), head(1));
    expect(behind.differences.map(({ message }) => message).join('\n')).toMatch(
      /its head says[^]*the log only/,
    );
  });

  test('given log entries nobody has published, then it waits so long, and says so; once they are, all agrees', async () => {
    await deployment.apply(2, 60);
    const report = await deployment.verify(300);
    expect(report.ok).toBe(false);
    expect(report.differences.map(({ message }) => message).join()).toContain('is a worker running?');
    const verifying = deployment.verify(60_000);
    await deployment.publish();
    expect(await verifying).toMatchObject({ ok: true });
  });

  test('given a service that goes on meanwhile, then what it adds is not taken for a difference', async () => {
    let working = true;
    const adding = (async () => {
      for (let seed = 10; working; seed += 1) {
        await deployment.apply(seed, 30);
        await deployment.publish();
      }
    })();
    const deadline = Date.now() + 90_000;
    const reports = [await deployment.verify(60_000)];
    const grown = (): boolean => reports.at(-1)!.tasks > reports[0]!.tasks;
    // On a busy machine three may end before anything was added.
    while (reports.length < 3 || (!grown() && Date.now() < deadline))
      reports.push(await deployment.verify(60_000));
    working = false;
    await adding;
    expect(reports.flatMap(({ differences }) => differences)).toEqual([]);
    expect(grown()).toBe(true);
  });

  test('given a record in the topic that no log has, then it is found', async () => {
    const producer = new EventProducer(deployment.kafka, { topicPrefix: deployment.topicPrefix });
    await producer.connect();
    await producer.publish([{ topic: 'task-activity', key: 'x', value: '{}', partition: 0 }]);
    await producer.disconnect();
    const report = await deployment.verify(300);
    expect(report.differences.map(({ message }) => message).join()).toMatch(
      /the topic has \d+ entries, the log only/,
    );
  });
});
