import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { kafkaProgram, projectRoot } from '#libs/stack';
import { inOperatorShell, TestDeployment } from '#libs/testing';
import { type ActivityData, activityIn } from './support/created-tasks';
import { codeBlocksUnder } from './support/page';

jest.setTimeout(300_000);

const PAGE = 'first-event.md';
const LANGUAGES = ['Java', 'Node', 'kcat'] as const;

/** The page's code as a reader saves it, by the names the page gives, and the command that runs it. */
function programsOf(language: (typeof LANGUAGES)[number]): { files: Record<string, string>; run: string } {
  const blocks = codeBlocksUnder(PAGE, `## ${language}`);
  const files = Object.fromEntries(
    blocks.flatMap(({ file, text }) => (file === undefined ? [] : [[file, text]])),
  ) as Record<string, string>;
  // The last line of the last command: what comes before it fetches the client from a registry.
  const run = blocks.at(-1)!.text.trim().split('\n').at(-1)!;
  return { files, run };
}

describe('docs/first-event.md, each program as written', () => {
  let deployment: TestDeployment;
  const folders: string[] = [];

  function folder(): string {
    folders.push(mkdtempSync(join(tmpdir(), 'first-event-')));
    return folders.at(-1)!;
  }
  /** Runs a program on this deployment, and gives the conversation it says it made, and the task's id if it says one. */
  async function emit(language: (typeof LANGUAGES)[number]): Promise<string[]> {
    const { files, run } = programsOf(language);
    const cwd = folder();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
    // The clients a reader fetches are here already, and the same.
    symlinkSync(join(projectRoot(), 'node_modules'), join(cwd, 'node_modules'));
    symlinkSync(dirname((await kafkaProgram(() => undefined)).classPath), join(cwd, 'libs'));
    const { KAFKA_BROKERS, TOPIC_PREFIX } = deployment.env as Record<string, string>;
    const { code, output } = await inOperatorShell(`cd ${cwd} && ${run}`, {
      KAFKA_BROKERS: KAFKA_BROKERS!,
      TOPIC_PREFIX: TOPIC_PREFIX!,
    });
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^sent /m) });
    return /^sent (.*)$/m.exec(output)![1]!.split(' ');
  }

  beforeAll(async () => {
    deployment = await TestDeployment.create();
    await deployment.startWorker();
    const [flow] = codeBlocksUnder(PAGE, '## First: a flow, and a look at the result');
    const file = join(folder(), flow!.file!);
    writeFileSync(file, flow!.text);
    await deployment.mustCli(['flows', 'apply', file]);
  });
  afterAll(async () => {
    await deployment?.close();
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  });

  test.each(LANGUAGES)(
    '%s: both tasks come out, once each, though a command was sent twice',
    async (language) => {
      const [conversation, taskId] = await emit(language);
      await deployment.drained();

      const records = await deployment.records('task-activity');
      const own = records.filter(({ headers }) => headers.ce_correlationid === conversation).map(activityIn);
      const source = `/docs/first-event/${language.toLowerCase()}`;
      expect(own.map(summaryOf)).toEqual([
        {
          cause: { source, id: `${conversation}/task.create.v1` },
          actor: { kind: 'service', id: 'first-event' },
          title: 'Send Ada the papers',
        },
        {
          cause: { source, id: `${conversation}/conversation.outcome.v1` },
          actor: { kind: 'flow', id: 'first-flow' },
          title: 'Call Ada back: BookHotel',
        },
      ]);
      if (taskId !== undefined) expect(own[0]!.taskId).toBe(taskId);
      expect(taskId === undefined).toBe(language === 'kcat');
      // In the partition where the service expects the conversation, which is how the key was placed.
      const input = await deployment.records('conversation-events.call');
      const sent = input.filter(({ key }) => String(key) === conversation);
      const published = records.find(({ headers }) => headers.ce_correlationid === conversation);
      expect(sent.map(({ partition }) => partition)).toEqual(Array(4).fill(published!.partition));
    },
  );

  test('and `events tail` shows them, and no dead letter and no rejection is there', async () => {
    const { stdout } = await deployment.mustCli(
      'events tail task-activity --from-beginning --count 6'.split(' '),
    );
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(6);
    for (const line of lines)
      expect(line).toMatch(
        /^\S+Z {2}task\.created\.v1 {2}[0-9a-f-]{36} {2}in first-\w+-\d+ {2}by (service:first-event|flow:first-flow) {2}type follow_up, /,
      );
    expect(await deployment.records('task-dead-letters')).toEqual([]);
    expect(await deployment.records('task-rejections')).toEqual([]);
  });
});

function summaryOf({ cause, task, actor }: ActivityData) {
  return { cause: { source: cause.source, id: cause.id }, actor, title: task.title };
}
