import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { projectRoot } from '#libs/stack';
import { NodeProcess, type ReadRecord, TestDeployment } from '#libs/testing';
import { asMultiset, type ComparableTask, tasksInDatabase } from './support/created-tasks';
import { dataSets } from './support/data-set';
import { createData, recordOf } from './support/events';
import { deploymentFor, play } from './support/play';

jest.setTimeout(300_000);

const CLI = 'dist/apps/cli/src/main.js';
const MISS_EVENTS = join(projectRoot(), 'test', 'fault', 'miss-events.cjs');
const TOPICS = ['call', 'message', 'whatsapp'].map((channel) => `conversation-events.${channel}`);
const SILENT_S = 31;
/** So slow that a busy machine can stop it on the way. */
const SLOW = ['--rate', '20'];

interface Counts {
  new: number;
  newByType: Record<string, number>;
  tasks: number;
  there: number;
  differs: number;
  differsByField: Record<string, number>;
  deadLetters: number;
  deadLettersByCode: Record<string, number>;
  skippedByType: Record<string, number>;
  unread: number;
}

interface Report {
  id: string;
  status: string;
  complete: boolean;
  read: number;
  selected: number;
  counts: Counts;
  written: number;
  samples: {
    kind: string;
    at: string;
    event: { source: string; id: string } | null;
    why: string;
    tasks: { id: string; maker: string; priority: string; assignee: string }[];
    values?: { field: string; stands: unknown; comes: unknown }[];
  }[];
}

/** Everything that a replay could change, and must not. */
async function stateOf(deployment: TestDeployment) {
  const { groupId, topicPrefix } = deployment;
  const topics = TOPICS.map((topic) => topicPrefix + topic);
  return {
    ends: await deployment.outputEnds(),
    // Including when each was recorded: a row written again would differ.
    contents: await deployment.contentHashes(),
    heads: await deployment.query('select * from shard_head order by shard'),
    positions: await deployment.query('select * from input_position order by topic, partition'),
    offsets: await deployment.admin.fetchOffsets({ groupId, topics }),
  };
}

/** What a command reports with --json. */
async function report(deployment: TestDeployment, ...args: string[]): Promise<Report> {
  const { stdout } = await deployment.mustCli(['replay', ...args, '--json']);
  return JSON.parse(stdout) as Report;
}

/** A command that runs on while the test goes on, and the id of its operation. */
class Running {
  readonly #process: NodeProcess;

  constructor(
    private readonly deployment: TestDeployment,
    args: string[],
  ) {
    // Small chunks, so that there is a middle to be stopped in.
    const env = { ...deployment.env, BATCH_SIZE: '20' };
    this.#process = new NodeProcess({ program: CLI, args: ['replay', ...args, '--json'], env });
  }

  /** Resolves once it has got somewhere since `before`, and not to its end. @returns its id. */
  async inMidRun(measure: string, before = 0): Promise<string> {
    for (;;) {
      if (this.#process.exit) throw this.#process.failure('ended before it was in the middle');
      const id = /(?:replay|republish) ([0-9a-f-]{36})/.exec(this.#process.stderr)?.[1];
      if (id) {
        const [row] = await this.deployment.query<{ got: number }>(
          `select (progress->>$2)::int as got from operation where id = $1`,
          [id, measure],
        );
        if (row && row.got > before) return id;
      }
      await pause(50);
    }
  }

  async ended(): Promise<{ code: number | null; report: Report }> {
    const { code } = await this.#process.exited;
    if (!this.#process.stdout.startsWith('{')) throw this.#process.failure(`ended with ${code}`);
    return { code, report: JSON.parse(this.#process.stdout) as Report };
  }

  async interrupt(): Promise<{ code: number | null; report: Report }> {
    this.#process.signal('SIGINT');
    return this.ended();
  }

  async kill9(): Promise<void> {
    this.#process.signal('SIGKILL');
    await this.#process.exited;
  }
}

/** Its process was killed long enough ago. */
const fallSilent = (deployment: TestDeployment, id: string): Promise<unknown> =>
  deployment.database.owner.query(
    `update operation set updated_at = now() - interval '${SILENT_S} seconds' where id = $1`,
    [id],
  );

const progressOf = async (deployment: TestDeployment, id: string, measure: string): Promise<number> => {
  const [row] = await deployment.query<{ got: number }>(
    `select (progress->>$2)::int as got from operation where id = $1`,
    [id, measure],
  );
  return row!.got;
};

const contentOf = (records: ReadRecord[]) =>
  records.map(({ partition, offset, key, value, headers }) => [
    partition,
    offset,
    key?.toString('utf8'),
    value?.toString('utf8'),
    headers,
  ]);

describe('everything, when nothing was missed', () => {
  const [dataSet] = dataSets();
  let deployment: TestDeployment;
  let before: Awaited<ReturnType<typeof stateOf>>;

  beforeAll(async () => {
    deployment = await deploymentFor(dataSet!);
    await play(deployment, dataSet!);
    before = await stateOf(deployment);
  });
  afterAll(async () => {
    const copies = `${deployment.topicPrefix}copy`;
    const topics = (await deployment.admin.listTopics()).filter((topic) => topic.startsWith(copies));
    if (topics.length > 0) await deployment.admin.deleteTopics({ topics });
    await deployment.close();
  });

  test('replayed, is planned as 0 new, and the plan writes nothing', async () => {
    const plan = await report(deployment, 'plan');
    expect(plan).toMatchObject({
      complete: true,
      read: dataSet!.text.length,
      selected: dataSet!.text.length,
    });
    expect(plan.counts).toMatchObject({
      new: 0,
      tasks: 0,
      there: dataSet!.text.length,
      differs: 0,
      unread: 0,
    });
    expect(await stateOf(deployment)).toEqual(before);
    expect(await deployment.query('select 1 from operation')).toEqual([]);
  });

  test('replayed, writes nothing but who did it', async () => {
    const run = await report(deployment, 'run', '--yes', '--reason', 'to see', '--as', 'ops:ada');
    expect(run).toMatchObject({ status: 'done', read: dataSet!.text.length });
    expect(run.counts).toMatchObject({ new: 0, tasks: 0, there: dataSet!.text.length, differs: 0 });
    expect(await stateOf(deployment)).toEqual(before);
    const [operation] = await deployment.query('select kind, status, started_by, reason from operation');
    expect(operation).toEqual({ kind: 'replay', status: 'done', started_by: 'ops:ada', reason: 'to see' });
  });

  test('republished, gives the very records of task-activity, also when it is killed (SIGKILL) and gone on with', async () => {
    const running = new Running(deployment, ['republish', '--to', 'copy', '--create', ...SLOW]);
    const id = await running.inMidRun('written');
    await running.kill9();
    expect((await deployment.records('copy')).length).toBeLessThan(dataSet!.expectedTasks.length);
    // As if it had died between the broker's acknowledgement and the report.
    await setBack(id);
    await fallSilent(deployment, id);
    const done = await report(deployment, 'republish', '--resume', id, '--rate', '100000');
    expect(done).toMatchObject({ id, status: 'done', written: dataSet!.expectedTasks.length });
    expect(contentOf(await deployment.records('copy'))).toEqual(
      contentOf(await deployment.records('task-activity')),
    );
  });

  /** Lets the operation forget the last record it wrote. */
  async function setBack(id: string): Promise<void> {
    type Range = { next: number; targetEnd: number };
    const [row] = await deployment.query<{ progress: { ranges: Range[]; written: number } }>(
      `select progress from operation where id = $1`,
      [id],
    );
    const { ranges, written } = row!.progress;
    const last = ranges.findLast(({ targetEnd }) => targetEnd > 0)!;
    Object.assign(last, { next: last.next - 1, targetEnd: last.targetEnd - 1 });
    await deployment.database.owner.query(`update operation set progress = $2 where id = $1`, [
      id,
      JSON.stringify({ ranges, written: written - 1 }),
    ]);
  }

  test('republished in part, keeps to that part', async () => {
    const part = await report(
      deployment,
      'republish',
      ...['--to', 'copy-of-a-part', '--create', '--shard', '1', '--from-position', '2', '--to-position', '4'],
      ...['--tenant', dataSet!.tenant],
    );
    const [, ...rest] = (await deployment.records('task-activity')).filter(
      ({ partition }) => partition === 1,
    );
    const expected = rest.slice(0, 2);
    expect(part.written).toBe(expected.length);
    const records = await deployment.records('copy-of-a-part');
    expect(records.map(({ headers }) => headers)).toEqual(expected.map(({ headers }) => headers));
    const none = ['--tenant', 'nobody', '--to', 'copy-of-a-part', '--append'];
    expect(await report(deployment, 'republish', ...none)).toMatchObject({ status: 'done', written: 0 });
  });

  test.each([
    [['--to', 'task-activity'], 'the service'],
    [['--to', 'copy-that-is-not-there'], '--create'],
    [['--to', 'copy'], 'holds something'],
  ])('republished with %j, is refused', async (args, why) => {
    const { code, stderr } = await deployment.cli(['replay', 'republish', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(why);
  });
});

describe('a replay, after a worker missed three events', () => {
  const dataSet = dataSets().at(-1)!;
  const { expectedTasks } = dataSet;
  const ids = dataSet.lines.map(({ source, id }) => `${source}#${id}`);
  const once = (cause: string): boolean => ids.filter((id) => id === cause).length === 1;
  const missed = [
    expectedTasks.find(({ flow, cause }) => flow !== null && once(cause))!,
    expectedTasks.findLast(({ flow, cause }) => flow !== null && once(cause))!,
    expectedTasks.find(({ flow, cause }) => flow === null && once(cause))!,
  ].map(({ cause }) => cause);
  const missedTasks = expectedTasks.filter(({ cause }) => missed.includes(cause));
  let deployment: TestDeployment;
  let plan: Report;
  let id: string;

  beforeAll(async () => {
    deployment = await TestDeployment.create();
    const worker = await deployment.startWorker({ preload: [MISS_EVENTS], env: { MISS: missed.join(' ') } });
    await deployment.mustCli(['workforce', 'apply', dataSet.workforce, '--tenant', dataSet.tenant]);
    await deployment.mustCli(['flows', 'apply', dataSet.flows, '--tenant', dataSet.tenant]);
    await play(deployment, dataSet);
    await worker.stop();
    await deployment.startWorker();
  });
  afterAll(() => deployment?.close());

  const tasks = async (): Promise<ComparableTask[]> =>
    asMultiset((await tasksInDatabase(deployment)).filter(({ cause }) => !cause.startsWith('/test#')));

  test('given that their tasks are not there', async () => {
    const others = expectedTasks.filter(({ cause }) => !missed.includes(cause));
    expect(await tasks()).toEqual(asMultiset(others));
  });

  test('is planned with exactly them, and the tasks that would appear', async () => {
    const before = await stateOf(deployment);
    plan = await report(deployment, 'plan', '--samples', '50');
    expect(plan.counts).toMatchObject({ new: 3, tasks: missedTasks.length, differs: 0 });
    expect(plan.counts.there).toBe(dataSet.text.length - 3);
    const fresh = plan.samples.filter(({ kind }) => kind === 'new');
    expect(fresh.map(({ event }) => `${event!.source}#${event!.id}`).sort()).toEqual([...missed].sort());
    expect(
      fresh
        .flatMap((sample) => sample.tasks)
        .map(({ maker, priority, assignee }) => ({ maker, priority, assignee }))
        .sort(byText),
    ).toEqual(
      missedTasks
        .map(({ flow, node, priority, assignee }) => ({
          maker: flow === null ? 'command' : `flow ${flow}/${node}`,
          priority,
          assignee: assignee ? `${assignee.kind}:${assignee.id}` : 'nobody',
        }))
        .sort(byText),
    );
    expect(await stateOf(deployment)).toEqual(before);
  });

  test('is planned of a part: topic, partition, offsets, times, tenant, conversation, key, type', async () => {
    const [sample] = plan.samples;
    const [, topic, partition, offset] = /^(.*)\/(\d+)@(\d+)$/.exec(sample!.at)!;
    const here = ['--topic', topic!, '--partition', partition!];
    const subject = dataSet.lines.find((line) => line.id === sample!.event!.id)!.subject;
    const selected = async (...args: string[]): Promise<[number, number]> => {
      const { selected, counts } = await report(deployment, 'plan', ...args);
      return [selected, counts.new];
    };
    const next = String(Number(offset) + 1);
    expect(await selected(...here, '--from-offset', offset!, '--to-offset', next)).toEqual([1, 1]);
    expect(await selected('--to', '2020-01-01T00:00:00Z')).toEqual([0, 0]);
    const everything = ['--from', '2020-01-01T00:00:00Z', '--tenant', dataSet.tenant];
    expect(await selected(...everything)).toEqual([dataSet.text.length, 3]);
    const ofConversation = dataSet.lines.filter((line) => line.subject === subject);
    expect((await selected('--conversation', subject))[0]).toBe(ofConversation.length);
    const outcomes = ofConversation.filter(({ type }) => type === 'conversation.outcome.v1').length;
    expect((await selected('--key', subject, '--type', 'conversation.outcome.v1'))[0]).toBe(outcomes);
  });

  test('is not run by accident', async () => {
    const { code, stderr } = await deployment.cli(['replay', 'run']);
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    const { code: workforce, stderr: why } = await deployment.cli(['replay', 'plan', '--topic', 'workforce']);
    expect(workforce).toBe(2);
    expect(why).toContain('workforce is not replayed');
  });

  test('pauses when it is asked to, beside live traffic', async () => {
    const run = new Running(deployment, ['run', '--yes', ...SLOW, '--reason', 'three are missing']);
    id = await run.inMidRun('read');
    await deployment.publish([recordOf({ id: 'live-1', data: createData() })]);
    await deployment.mustCli(['replay', 'pause', id]);
    const { code, report: paused } = await run.ended();
    expect({ code, status: paused.status }).toEqual({ code: 1, status: 'paused' });
    expect(paused.read).toBeLessThan(dataSet.text.length);
  });

  test('goes on where it was, also after SIGKILL, and then exactly their tasks have appeared', async () => {
    const killed = new Running(deployment, ['run', '--yes', '--resume', id]);
    await killed.inMidRun('read', (await progressOf(deployment, id, 'read')) + 1);
    await killed.kill9();
    await deployment.publish([recordOf({ id: 'live-2', data: createData() })]);
    const tooSoon = await deployment.cli(['replay', 'run', '--yes', '--resume', id]);
    expect(tooSoon).toMatchObject({ code: 1, stderr: expect.stringContaining('last heard of') });
    await fallSilent(deployment, id);
    expect((await deployment.mustCli(['replay', 'status', id])).stdout).toContain('its process is gone');

    const run = await report(deployment, 'run', '--yes', '--resume', id, '--rate', '100000');
    expect(run).toMatchObject({ id, status: 'done', read: dataSet.text.length });
    // What was applied and not yet reported when it was killed is found there.
    expect(run.counts.new).toBeLessThanOrEqual(3);
    await deployment.drained();
    expect(await tasks()).toEqual(asMultiset(expectedTasks));
    const live = await deployment.query(`select origin_event_id from task where origin_source = '/test'`);
    expect(live).toHaveLength(2);
    expect(JSON.parse((await deployment.mustCli(['verify', '--json'])).stdout)).toMatchObject({ ok: true });
  });

  test('does nothing a second time', async () => {
    const before = await stateOf(deployment);
    const again = await report(deployment, 'run', '--yes');
    expect(again.counts).toMatchObject({ new: 0, tasks: 0, there: dataSet.text.length + 2 });
    expect(await stateOf(deployment)).toEqual(before);
  });

  test('ends for good when it is aborted', async () => {
    const run = new Running(deployment, ['run', '--yes', ...SLOW]);
    const aborted = await run.inMidRun('read');
    await deployment.mustCli(['replay', 'abort', aborted]);
    expect(await run.ended()).toMatchObject({ code: 1, report: { status: 'aborted' } });
    expect((await deployment.cli(['replay', 'abort', aborted])).stderr).toContain('has ended');
    const { stdout } = await deployment.mustCli(['replay', 'status']);
    expect(stdout).toMatch(new RegExp(`${aborted} {2}replay aborted .* by os:`));
  });

  test('pauses on Ctrl-C', async () => {
    const run = new Running(deployment, ['run', '--yes', ...SLOW]);
    await run.inMidRun('read');
    expect(await run.interrupt()).toMatchObject({ code: 1, report: { status: 'paused' } });
  });

  test('says what differs from what stands and why, and what cannot be read, and leaves both as they are', async () => {
    const applied = dataSet.lines.find(({ type }) => type === 'conversation.outcome.v1')!;
    const topic = (JSON.parse(dataSet.text[dataSet.lines.indexOf(applied)]!) as { topic: string }).topic;
    const envelope = { ...applied, specversion: '1.0', data: { ...applied.data, intent: 'Another' } };
    await deployment.publish([
      { topic, key: applied.subject, value: JSON.stringify(envelope) },
      recordOf({ id: 'live-1', data: createData({ title: 'Another title' }) }),
      { topic, key: applied.subject, value: 'not json' },
      recordOf({ type: 'somebody.elses.v1', data: {} }),
    ]);
    await deployment.drained();
    const before = await stateOf(deployment);
    const { counts, samples } = await report(deployment, 'plan', '--show-values');
    expect(counts).toMatchObject({
      new: 0,
      differs: 2,
      differsByField: { 'data.intent': 1, 'data.title': 1 },
      deadLettersByCode: { not_json: 1 },
      skippedByType: { 'somebody.elses.v1': 1 },
    });
    const differing = samples.filter(({ kind }) => kind === 'differs').flatMap(({ values }) => values ?? []);
    expect(differing).toContainEqual({
      field: 'data.intent',
      stands: applied.data.intent,
      comes: 'Another',
    });
    expect(differing).toContainEqual({ field: 'data.title', stands: 'Call back', comes: 'Another title' });
    const run = await report(deployment, 'run', '--yes');
    expect(run.counts).toMatchObject({ new: 0, differs: 2, deadLetters: 1 });
    expect(await stateOf(deployment)).toEqual(before);
  });

  test('ends where a partition ends, also when that is a transaction’s marker', async () => {
    const transactionalId = `${deployment.topicPrefix}marker`;
    const producer = deployment.kafka.producer({ transactionalId, maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    const [call] = TOPICS;
    const send = async (end: 'commit' | 'abort'): Promise<void> => {
      const transaction = await producer.transaction();
      const { key, value } = recordOf({ id: `in-transaction-${end}`, data: createData() });
      const messages = [{ key: key as string, value: value as string, partition: 3 }];
      await transaction.send({ topic: deployment.topicPrefix + call!, messages });
      await transaction[end]();
    };
    const end = async (): Promise<number> => (await deployment.endOffsets(call!))[3]!;
    // A transaction's marker is written a little after its producer was answered.
    const endsAt = async (offset: number): Promise<void> => {
      while ((await end()) < offset) await pause(50);
    };
    const from = await end();
    await send('commit');
    await endsAt(from + 2);
    await deployment.drained();
    // Behind the one record: its marker, and what was taken back, with another marker. Nobody sees any of them.
    await send('abort');
    await producer.disconnect();
    await endsAt(from + 4);
    const here = ['--topic', call!, '--partition', '3', '--from-offset'];
    expect(await report(deployment, 'plan', ...here, String(from))).toMatchObject({
      read: 1,
      counts: { new: 0, there: 1 },
    });
    expect(await report(deployment, 'plan', ...here, String(from + 1))).toMatchObject({ read: 0 });
  });
});

const byText = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
