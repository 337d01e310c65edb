import { setTimeout as pause } from 'node:timers/promises';
import { CONVERSATION_TOPICS, WORKFORCE_TOPIC } from '#libs/contracts';
import { inOperatorShell, type ShellResult, type TestDeployment, type WorkerProcess } from '#libs/testing';
import { dataSets } from './support/data-set';
import { recordsApplied } from './support/fault-free-result';
import { codeBlocksUnder } from './support/page';
import { deploymentFor } from './support/play';
import { type ReplayState, stateOf } from './support/replay-state';

jest.setTimeout(300_000);

const sample = dataSets().at(-1)!;
const half = Math.floor(sample.text.length / 2);
/** The commands of docs/operations.md, as written there. */
const [TO_EARLIEST, TO_DATETIME, SHIFT_BY, WORKFORCE_TO_EARLIEST] = codeBlocksUnder(
  'operations.md',
  '### Reading everything again',
).map(({ text }) => text) as [string, string, string, string];

describe('an offset reset with Kafka’s own kafka-consumer-groups, while the workers are stopped', () => {
  let deployment: TestDeployment;
  /** A moment between the first half of the records and the second, by the broker's time stamps. */
  let middle: Date;
  let before: ReplayState;

  const shell = (commands: string): Promise<ShellResult> => inOperatorShell(commands, deployment.env);
  /** Resets with all workers stopped; lets one read again, to the end. */
  async function afterReset(commands: string): Promise<WorkerProcess> {
    await deployment.stopWorkers();
    const { code, output } = await shell(commands);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/NEW-OFFSET/) });
    const worker = await deployment.startWorker({ env: { LOG_LEVEL: 'debug' } });
    await deployment.drained();
    return worker;
  }

  beforeAll(async () => {
    deployment = await deploymentFor(sample);
    const publish = (lines: string[]) =>
      deployment.mustCli(['events', 'publish', '-'], { input: lines.join('\n') });
    await publish(sample.text.slice(0, half));
    await pause(50);
    middle = new Date();
    await pause(50);
    await publish(sample.text.slice(half));
    await deployment.drained();
    before = await stateOf(deployment);
  });
  afterAll(() => deployment?.close());

  test('to the earliest: everything is read again, and no row and no record is added', async () => {
    const worker = await afterReset(TO_EARLIEST);
    expect(recordsRead(worker)).toBe(sample.text.length);
    expect(await stateOf(deployment)).toEqual(before);
  });

  test('to the earliest, of a group that Kafka has forgotten: likewise', async () => {
    await deployment.stopWorkers();
    await deployment.admin.deleteGroups([deployment.groupId]);
    const worker = await afterReset(TO_EARLIEST);
    expect(recordsRead(worker)).toBe(sample.text.length);
    expect(await stateOf(deployment)).toEqual(before);
  });

  test('to a moment: what was sent since is read again, and nothing is added', async () => {
    const commands = TO_DATETIME.replace(/\d{4}-\d\d-\d\dT[\d:.]+/, middle.toISOString().slice(0, -1));
    const worker = await afterReset(commands);
    expect(recordsRead(worker)).toBe(sample.text.length - half);
    expect(await stateOf(deployment)).toEqual(before);
  });

  test('by a number of records back: so many of each partition are read again, and nothing is added', async () => {
    const ends = await Promise.all(
      Object.values(CONVERSATION_TOPICS).map((topic) => deployment.endOffsets(topic)),
    );
    const worker = await afterReset(SHIFT_BY.replace(/-100\b/, '-2'));
    expect(recordsRead(worker)).toBe(ends.flat().reduce((sum, end) => sum + Math.min(end, 2), 0));
    expect(await stateOf(deployment)).toEqual(before);
  });

  test('of the workforce’s group: everybody is read again, and nobody changes', async () => {
    const worker = await afterReset(WORKFORCE_TO_EARLIEST);
    const [end] = await deployment.endOffsets(WORKFORCE_TOPIC);
    const messages = worker.logLines().map(({ msg = '' }) => msg);
    const said = messages.map((msg) => /^workforce: (\d+) changes applied/.exec(msg)?.[1]);
    const applied = said.reduce((sum, count) => sum + Number(count ?? 0), 0);
    // Whenever it joins again, which a busy machine may have it do, they may come once more.
    const joined = messages.filter((msg) => /^group \S+\.workforce: joined/.test(msg)).length;
    expect(applied).toBeGreaterThanOrEqual(end!);
    expect(applied).toBeLessThanOrEqual(end! * joined);
    expect(await stateOf(deployment)).toEqual(before);
  });

  test('while a worker runs: the tool refuses, and nothing happens', async () => {
    const { output } = await shell(TO_EARLIEST);
    expect(output).toMatch(/can only be reset if the group '.*' is inactive/);
    await deployment.drained();
    expect(await stateOf(deployment)).toEqual(before);
  });

  test('beyond what was read: nothing is skipped, since the worker goes on from its own position', async () => {
    await deployment.stopWorkers();
    const unread = sample.text.slice(0, 40).map((line) => line.replace(/"id": ?"/, '$&never-read-'));
    await deployment.mustCli(['events', 'publish', '-'], { input: unread.join('\n') });
    await afterReset(TO_EARLIEST.replace('--to-earliest', '--to-latest'));
    // The group is at the end before anything was read, so only the stored positions tell.
    const deadline = Date.now() + 60_000;
    while ((await recordsApplied(deployment)) < sample.text.length + unread.length && Date.now() < deadline)
      await pause(100);
    expect(await recordsApplied(deployment)).toBe(sample.text.length + unread.length);
    const [{ count }] = (await deployment.query<{ count: number }>(
      `select count(*)::int from applied_event where event_id like 'never-read-%'`,
    )) as [{ count: number }];
    expect(count).toBeGreaterThan(0);
  });
});

/** How many records the worker says it went through, whatever became of each. What comes again after a rebalance counts once. */
function recordsRead(worker: WorkerProcess): number {
  const kinds = ['applied', 'duplicate', 'rejected', 'dead_letter', 'skipped'];
  const places = worker
    .logLines()
    .map((line) => line as unknown as Record<string, number | undefined>)
    .flatMap((line) => {
      const count = kinds.reduce((sum, kind) => sum + (line[kind] ?? 0), 0);
      const { topic, partition, from } = line;
      return Array.from({ length: count }, (_, n) => `${topic}/${partition}/${Number(from) + n}`);
    });
  return new Set(places).size;
}
