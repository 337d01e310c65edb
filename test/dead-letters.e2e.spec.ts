import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { projectRoot } from '#libs/stack';
import { type OutgoingRecord } from '#libs/messaging';
import { type CliResult, type ReadRecord, TestDeployment } from '#libs/testing';
import { createData, recordOf } from './support/events';

jest.setTimeout(300_000);

const KILL_AT = join(projectRoot(), 'test', 'fault', 'kill-at.cjs');
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
const good = (id: string, subject: string): OutgoingRecord => recordOf({ id, subject, data: createData() });
const agent = (id: string, data: Record<string, unknown>): OutgoingRecord => ({
  topic: 'workforce',
  key: `acme/agent:${id}`,
  value: JSON.stringify({
    specversion: '1.0',
    id: `${id}-${JSON.stringify(data).length}`,
    source: '/hr',
    type: 'workforce.agent.v1',
    time: '2026-01-01T00:00:00Z',
    tenantid: 'acme',
    data: { id, name: id, availability: 'available', roles: ['agent'], teams: [], ...data },
  }),
});

/** Not JSON, not UTF-8, and with what could do something to a terminal. */
const BYTES = Buffer.concat([
  Buffer.from('{"a":\x1b[31mred\x07'),
  Buffer.from([0xc3, 0x28, 0x00, 0x0a, 0xff]),
]);

interface ListedLetter {
  id: string;
  code: string;
  state: string;
  attempt: number;
}
interface Listed {
  total: number;
  byState: Record<string, number>;
  byCode: Record<string, number>;
  byTopic: Record<string, number>;
  newest: ListedLetter[];
}

describe('dead letters', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dead-letters-'));
  let deployment: TestDeployment;
  /** Ids of the letters, by a name of this test's. */
  const ids = new Map<string, string>();

  const cli = (...args: string[]): Promise<CliResult> => deployment.cli(['dead-letters', ...args]);
  const mustCli = (...args: string[]): Promise<CliResult> => deployment.mustCli(['dead-letters', ...args]);
  const list = async (...args: string[]): Promise<Listed> =>
    JSON.parse((await mustCli('list', '--json', ...args)).stdout) as Listed;
  const copiesOf = async (name: string): Promise<ReadRecord[]> =>
    (await deployment.records('task-dead-letters')).filter(
      ({ headers }) =>
        `${headers['errors.topic']}/${headers['errors.partition']}@${headers['errors.offset']}` ===
        ids.get(name),
    );

  /** Everything an operation could change, but for the order of the dead letters' partitions. */
  const state = async (): Promise<unknown> => ({
    ends: await deployment.outputEnds(),
    contents: await deployment.contentHashes(),
    heads: await deployment.query('select * from shard_head order by shard'),
    positions: await deployment.query('select * from input_position order by topic, partition'),
    people: await deployment.query('select * from workforce_entry order by tenant_id, kind, id'),
    revisions: await deployment.query('select * from tenant_revision order by tenant_id'),
    audit: await deployment.query(
      'select (select count(*) from operation) as operations, (select count(*) from dead_letter_result) as results',
    ),
  });

  /** Tasks by the intent of the outcome, or the title, that made them, with what the activity says caused them. */
  const created = async (title: string): Promise<{ id: string; cause: Record<string, unknown> }[]> =>
    (await deployment.records('task-activity'))
      .filter(({ headers }) => headers['ce_type'] === 'task.created.v1')
      .map(
        ({ value }) =>
          JSON.parse(String(value)) as {
            taskId: string;
            task: { title: string };
            cause: Record<string, unknown>;
          },
      )
      .filter(({ task }) => task.title === title)
      .map(({ taskId, cause }) => ({ id: taskId, cause }));
  const originOf = (name: string): Record<string, unknown> => {
    const [, topic, partition, offset] = /^(.*)\/(\d+)@(\d+)$/.exec(ids.get(name)!)!;
    return { topic, partition: Number(partition), offset: Number(offset) };
  };
  const resultsOf = (name: string): Promise<Record<string, unknown>[]> => {
    const { topic, partition, offset } = originOf(name);
    return deployment.query(
      `select result, code, attempt, edited, kind, started_by, reason, status from dead_letter_result r
         join operation o on o.id = operation_id where topic = $1 and partition = $2 and "offset" = $3 order by recorded_at`,
      [topic, partition, offset],
    );
  };

  /** As another release would find a flow that it cannot compile. */
  async function breakFlow(): Promise<void> {
    await deployment.database.owner.query(`update flow_version set definition = '{"id":"call-back"}'`);
    await deployment.database.owner.query('update tenant_revision set flows = flows + 1');
  }
  async function saveFlow(): Promise<void> {
    const file = join(folder, 'flow.json');
    writeFileSync(file, JSON.stringify(FLOW));
    await deployment.mustCli(['flows', 'apply', file, '--tenant', 'acme']);
  }

  /** Notes down which letter came of which record, by its event's id or whatever tells it. */
  async function note(nameOf: (copy: ReadRecord) => string): Promise<void> {
    for (const copy of await deployment.records('task-dead-letters')) {
      const { headers } = copy;
      const id = `${headers['errors.topic']}/${headers['errors.partition']}@${headers['errors.offset']}`;
      ids.set(nameOf(copy), id);
    }
  }
  const byEventId = ({ value, key }: ReadRecord): string =>
    /"id":"([^"]+)"/.exec(String(value))?.[1] ?? String(key);

  beforeAll(async () => {
    deployment = await TestDeployment.create({ shards: 3 });
    await deployment.startWorker();
    await saveFlow();
    await breakFlow();
    const untitled = recordOf({ id: 'untitled', subject: 'conv-u', data: createData({ title: undefined }) });
    await deployment.publish([
      good('g1', 'conv-o1'),
      outcome('o1'),
      good('g2', 'conv-o1'),
      { topic: TOPIC, key: 'bytes', value: BYTES, headers: { 'x-trace': 'a', twice: ['1', '2'] } },
      outcome('o2'),
      { ...untitled, headers: { 'x-own': Buffer.from([0xff, 1]), 'errors.code': 'a header of its own' } },
      recordOf({
        id: 'v2',
        subject: 'conv-v',
        type: 'task.create.v2',
        tenantid: 'other',
        data: createData(),
      }),
      good('g3', 'conv-g3'),
      agent('gil', { availability: 'asleep' }),
      agent('gil', { name: 'Gil the newer' }),
      agent('hal', { availability: 'gone' }),
      agent('ida', {}),
    ]);
    await deployment.drained();
    await note((copy) => {
      const key = String(copy.key);
      return key.startsWith('acme/')
        ? key.slice('acme/agent:'.length)
        : key === 'bytes'
          ? 'bytes'
          : byEventId(copy);
    });
    // The last of two letters of the same name wins above; gil has one letter only.
    expect([...ids.keys()].sort()).toEqual(['bytes', 'gil', 'hal', 'o1', 'o2', 'untitled', 'v2']);
  });
  afterAll(async () => {
    await deployment?.close();
    rmSync(folder, { recursive: true });
  });

  test('are counted by state, code and topic, and filtered', async () => {
    const all = await list();
    expect(all).toMatchObject({
      total: 7,
      byState: { open: 7, quarantined: 0, redriven: 0, discarded: 0 },
      byTopic: { [TOPIC]: 5, workforce: 2 },
    });
    expect(all.byCode).toEqual({
      invalid_data: 3,
      flow_unreadable: 2,
      [all.newest.find(({ id }) => id === ids.get('bytes'))!.code]: 1,
      unsupported_version: 1,
    });
    const some = await list('--tenant', 'other', '--since', '1h', '--stage', 'validate', '--topic', TOPIC);
    expect(some.newest.map(({ id }) => id)).toEqual([ids.get('v2')]);
    const text = (await mustCli('list')).stdout;
    for (const id of ids.values()) expect(text).toContain(id);
  });

  test('are shown with why, where and what they hold, safe on a terminal', async () => {
    const untitled = (await mustCli('show', ids.get('untitled')!)).stdout;
    expect(untitled).toMatch(/open, failed once/);
    expect(untitled).toContain('data.title is not there');
    expect(untitled).toContain('"priority": "high"');
    expect(untitled).toContain('errors.code: a header of its own');
    const bytes = (await mustCli('show', ids.get('bytes')!.replace('@', '/'))).stdout;
    expect(bytes).toContain('\\x1b[31mred\\x07');
    expect(bytes).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(await cli('show', `${TOPIC}/0@99999`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no dead letter'),
    });
  });

  test('give back their value byte for byte', async () => {
    const run = promisify(execFile);
    const args = ['dist/apps/cli/src/main.js', 'dead-letters', 'show', ids.get('bytes')!, '--raw'];
    const env = { ...process.env, ...deployment.env };
    const { stdout } = await run(process.execPath, args, { encoding: 'buffer', cwd: projectRoot(), env });
    expect(stdout.equals(BYTES)).toBe(true);
  });

  test('a redrive without --yes says what would become of each, and writes nothing', async () => {
    const before = await state();
    const { stdout } = await mustCli('redrive', '--all', '--json');
    const json = JSON.parse(stdout) as { letters: { id: string }[] };
    expect(json).toMatchObject({ dryRun: true, progress: { total: 7, results: { failed: 7 } } });
    expect(json.letters).toContainEqual(
      expect.objectContaining({
        id: ids.get('o1'),
        result: 'failed',
        stage: 'flow',
        code: 'flow_unreadable',
      }),
    );
    // In the order in which workers would have applied them: people first.
    expect(json.letters.map(({ id }) => id)).toEqual([...json.letters.map(({ id }) => id)].sort(byPlace));
    expect(await state()).toEqual(before);
  });

  test('one that fails again is a letter anew, byte for byte, and the third failure quarantines it', async () => {
    const [first] = await copiesOf('o1');
    const again = await cli('redrive', ids.get('o1')!, '--yes', '--as', 'ops:ada', '--reason', 'a try');
    expect(again).toMatchObject({ code: 1, stdout: expect.stringContaining('failure 2') });
    expect(await cli('redrive', ids.get('o1')!, '--yes')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('failure 3, quarantined'),
    });
    const copies = await copiesOf('o1');
    const own = ({ headers, key, value }: ReadRecord): unknown => ({
      headers: Object.entries(headers).filter(([name]) => !name.startsWith('errors.')),
      place: ['topic', 'partition', 'offset'].map((name) => headers[`errors.${name}`]),
      key: String(key),
      value: String(value),
    });
    expect(copies.map(({ headers }) => headers['errors.attempt'])).toEqual(['1', '2', '3']);
    expect(copies.map(own)).toEqual([own(first!), own(first!), own(first!)]);
    // Doubled headers would show as several values of one name.
    const shown = JSON.parse((await mustCli('show', ids.get('o1')!, '--json')).stdout) as {
      record: { headers: object };
    };
    expect(shown).toMatchObject({ state: 'quarantined', attempt: 3 });
    expect(shown.record.headers).toEqual({});
  });

  test('a quarantined one is passed over, also by name, unless asked for', async () => {
    const before = await state();
    expect((await mustCli('redrive', ids.get('o1')!, '--yes')).stdout).toContain(
      '1 quarantined, passed over',
    );
    expect(await state()).toEqual(before);
  });

  test('given its cause is cured, a redrive applies it once, as what it was and from where it was', async () => {
    await saveFlow();
    const before = await state();
    const dry = (await mustCli('redrive', '--code', 'flow_unreadable')).stdout;
    expect(dry).toContain(`${ids.get('o2')}  flow_unreadable → applied: 1 task created`);
    expect(dry).toContain('1 quarantined, passed over');
    expect(await state()).toEqual(before);
    const run = (await mustCli('redrive', '--code', 'flow_unreadable', '--yes', '--reason', 'saved again'))
      .stdout;
    expect(run).toContain('1 applied, 1 tasks created');
    expect((await mustCli('redrive', ids.get('o1')!, '--quarantined', '--yes')).stdout).toContain(
      '1 applied',
    );
    await deployment.drained();
    for (const name of ['o1', 'o2']) {
      expect(await created(`Call ${name} back`)).toEqual([
        { id: expect.any(String), cause: expect.objectContaining({ id: name, ...originOf(name) }) },
      ]);
    }
  });

  test('redriving again does nothing', async () => {
    const before = await state();
    expect((await mustCli('redrive', ids.get('o2')!, '--yes')).stdout).toContain('1 redriven, passed over');
    expect(await state()).toEqual(before);
  });

  test('an edited one is applied in place of the original, and the audit keeps what was changed as hashes', async () => {
    const file = join(folder, 'letter.json');
    const shown = JSON.parse((await mustCli('show', ids.get('untitled')!, '--json')).stdout) as {
      fingerprint: string;
      record: { value: { data: Record<string, unknown> } };
    };
    shown.record.value.data['priority'] = 'urgent';
    writeFileSync(file, JSON.stringify(shown));
    const wrong = await cli('redrive', ids.get('untitled')!, '--edit', file, '--yes');
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining('the letter stays as it was') });

    shown.record.value.data['priority'] = 'high';
    shown.record.value.data['title'] = 'Now with a title';
    writeFileSync(file, JSON.stringify(shown));
    const before = await state();
    expect((await mustCli('redrive', ids.get('untitled')!, '--edit', file)).stdout).toContain(
      '1 task created',
    );
    expect(await state()).toEqual(before);
    await mustCli('redrive', ids.get('untitled')!, '--edit', file, '--yes', '--as', 'ops:ada');
    await deployment.drained();
    expect(await created('Now with a title')).toEqual([
      { id: expect.any(String), cause: expect.objectContaining({ id: 'untitled', ...originOf('untitled') }) },
    ]);
    const results = await resultsOf('untitled');
    expect(results).toMatchObject([
      { result: 'failed', code: 'invalid_data', edited: expect.stringMatching(/^[0-9a-f]{32}$/) },
      {
        result: 'applied',
        code: null,
        edited: expect.stringMatching(/^[0-9a-f]{32}$/),
        started_by: 'ops:ada',
      },
    ]);
    expect(results[1]!['edited']).not.toBe(shown.fingerprint);
  });

  test('one of the workforce counts by its own offset: what came later stands', async () => {
    const file = join(folder, 'agent.json');
    for (const [name, result] of [
      ['gil', 'outdated'],
      ['hal', 'applied'],
    ] as const) {
      const { key, value } = agent(name, { availability: 'away' });
      writeFileSync(file, JSON.stringify({ record: { key, headers: {}, value } }));
      const before = await state();
      const redrive = ['redrive', ids.get(name)!, '--edit', file];
      expect((await mustCli(...redrive)).stdout).toContain(`→ ${result}`);
      expect(await state()).toEqual(before);
      expect((await mustCli(...redrive, '--yes')).stdout).toContain(`→ ${result}`);
    }
    const people = await deployment.query(
      `select id, body->>'name' as name, body->>'availability' as availability, source_offset::int as "offset"
         from workforce_entry where kind = 'agent' order by id`,
    );
    expect(people).toEqual([
      { id: 'gil', name: 'Gil the newer', availability: 'available', offset: 1 },
      { id: 'hal', name: 'hal', availability: 'away', offset: 2 },
      { id: 'ida', name: 'ida', availability: 'available', offset: 3 },
    ]);
  });

  test('are discarded with a reason, and redriven after all when named', async () => {
    const before = await state();
    expect(await cli('discard', ids.get('bytes')!, '--yes')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--reason'),
    });
    expect((await mustCli('discard', ids.get('bytes')!)).stdout).toContain('with --yes: 1 discarded');
    expect(await state()).toEqual(before);
    await mustCli('discard', ids.get('bytes')!, '--yes', '--reason', 'a probe', '--as', 'ops:ada');
    expect((await mustCli('redrive', ids.get('bytes')!, '--yes')).stdout).toContain(
      '1 discarded, passed over',
    );
    expect((await mustCli('redrive', ids.get('bytes')!, '--discarded')).stdout).toContain('→ failed');
    expect(await resultsOf('bytes')).toMatchObject([
      { result: 'discarded', kind: 'discard', started_by: 'ops:ada', reason: 'a probe', status: 'done' },
    ]);
  });

  test('leave an audit that says who did what, why, and what became of each', async () => {
    expect(await resultsOf('o1')).toMatchObject([
      {
        result: 'failed',
        code: 'flow_unreadable',
        attempt: 1,
        started_by: 'ops:ada',
        reason: 'a try',
        status: 'done',
      },
      { result: 'failed', code: 'flow_unreadable', attempt: 2, reason: null },
      { result: 'applied', code: null, attempt: 3, kind: 'redrive' },
    ]);
    const shown = (await mustCli('show', ids.get('o1')!)).stdout;
    expect(shown).toMatch(/history .*failed flow_unreadable by ops:ada \([0-9a-f-]{36}\): a try/);
    const [operation] = await deployment.query<Record<string, unknown>>(
      `select kind, parameters, progress, ended_at is not null as ended from operation where reason = 'saved again'`,
    );
    expect(operation).toEqual({
      kind: 'redrive',
      parameters: { code: 'flow_unreadable', edited: false, rate: 100 },
      progress: { total: 1, done: 1, tasks: 1, quarantined: 0, results: { applied: 1 } },
      ended: true,
    });
  });

  test('stand as they stood when a worker reads their records again and puts them there anew', async () => {
    const standing = async (): Promise<{ id: string }[]> =>
      (await list('--state', 'all')).newest
        .map(({ id, state: stands, attempt }) => ({ id, stands, attempt }))
        .sort((a, b) => byPlace(a.id, b.id));
    const before = await standing();
    const standings = (name: string, stands: string, attempt: number) => ({
      id: ids.get(name),
      stands,
      attempt,
    });
    expect(before).toEqual(
      [
        standings('o1', 'redriven', 3),
        standings('o2', 'redriven', 1),
        standings('untitled', 'redriven', 1),
        standings('gil', 'redriven', 1),
        standings('hal', 'redriven', 1),
        standings('bytes', 'discarded', 1),
        standings('v2', 'open', 1),
      ].sort((a, b) => byPlace(a.id!, b.id!)),
    );
    const tasks = await deployment.rowCounts();
    const ends = await deployment.endOffsets('task-dead-letters');
    await deployment.stopWorkers();
    await deployment.mustCli(['reset', '--positions', TOPIC]);
    await deployment.admin.deleteGroups([deployment.groupId]);
    await deployment.startWorker();
    await deployment.drained();
    const more = (await deployment.endOffsets('task-dead-letters')).map((end, i) => end - ends[i]!);
    // Two outcomes can be applied by now and are duplicates; what cannot be read comes again, as a first failure.
    expect(more.reduce((sum, each) => sum + each, 0)).toBe(3);
    expect(await standing()).toEqual(before);
    expect(await deployment.rowCounts()).toEqual(tasks);
  });

  describe('given a redrive that is ended in the middle', () => {
    const NAMES = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', 'k8'];
    const redriveAll = ['dead-letters', 'redrive', '--code', 'flow_unreadable', '--yes'];
    const settled = async (): Promise<number> => {
      const [row] = await deployment.query<{ count: number }>(
        `select count(*)::int as count from dead_letter_result r join operation o on o.id = operation_id
          where o.reason like 'middle%' and result in ('applied', 'duplicate')`,
      );
      return row!.count;
    };

    beforeAll(async () => {
      await breakFlow();
      await deployment.publish(NAMES.map(outcome));
      await deployment.drained();
      await note(byEventId);
      await saveFlow();
    });

    test('by Ctrl-C, then it stops between two letters and says so', async () => {
      const run = deployment.startCli([...redriveAll, '--rate', '1', '--reason', 'middle: ctrl-c']);
      while ((await settled()) === 0 && !run.exit) await pause(50);
      run.signal('SIGINT');
      expect(await run.exited).toEqual({ code: 1, signal: null });
      expect(run.stderr).toContain('were not tried');
      const [operation] = await deployment.query<{ status: string; progress: { done: number } }>(
        `select status, progress from operation where reason = 'middle: ctrl-c'`,
      );
      expect(operation).toMatchObject({ status: 'aborted', progress: { total: 8 } });
      expect(operation!.progress.done).toBe(await settled());
      expect(operation!.progress.done).toBeLessThan(8);
    });

    test.each([
      ['before the database commit', '2'],
      ['before a dead letter’s result is stored', '2'],
    ])('by SIGKILL %s, then nothing is there twice after it was done again', async (point, on) => {
      const before = await settled();
      const env = { KILL_AT: point, KILL_ON: on };
      const run = deployment.startCli([...redriveAll, '--reason', `middle: ${point}`], {
        env,
        preload: [KILL_AT],
      });
      expect(await run.exited).toEqual({ code: null, signal: 'SIGKILL' });
      expect(run.stdout).toContain(`killed at ${point}`);
      expect(await settled()).toBe(before + 1);
    });

    test('and is then done again, then every task is there once, in the topic too', async () => {
      await deployment.mustCli([...redriveAll, '--reason', 'middle: to its end']);
      await deployment.drained();
      for (const name of NAMES) {
        expect(await created(`Call ${name} back`)).toEqual([
          { id: expect.any(String), cause: expect.objectContaining(originOf(name)) },
        ]);
        const results = (await resultsOf(name)).map(({ result }) => result);
        expect(results.filter((result) => result === 'applied' || result === 'duplicate')).toHaveLength(1);
      }
      // The one whose result was not stored any more: found applied.
      const duplicates = await deployment.query(
        `select 1 from dead_letter_result r join operation o on o.id = operation_id
          where o.reason = 'middle: to its end' and result = 'duplicate'`,
      );
      expect(duplicates).toHaveLength(1);
      await deployment.mustCli(['verify']);
    });
  });
});

/** Topic, partition, offset, as in `<topic>/<partition>@<offset>`. */
function byPlace(a: string, b: string): number {
  const isPeople = (id: string): boolean => id.startsWith('workforce/');
  if (isPeople(a) !== isPeople(b)) return isPeople(a) ? -1 : 1;
  const [x, y] = [a, b].map((id) => /^(.*)\/(\d+)@(\d+)$/.exec(id)!.slice(1));
  return (
    (x![0]! < y![0]! ? -1 : x![0]! > y![0]! ? 1 : 0) ||
    Number(x![1]) - Number(y![1]) ||
    Number(x![2]) - Number(y![2])
  );
}
