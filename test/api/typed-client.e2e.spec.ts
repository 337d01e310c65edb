import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '#libs/stack';
import { TestDeployment, TestTokens } from '#libs/testing';
import { recordOf } from '../support/events';
import { agent, BOOKINGS, OFFICE } from '../support/office';

jest.setTimeout(180_000);

const run = promisify(execFile);
const program = (name: string): string => join(projectRoot(), 'node_modules', '.bin', name);

/** As somebody who takes the client into a project of their own. */
describe('the client for TypeScript', () => {
  let folder: string;
  const compiled = (): Promise<unknown> => run(program('tsc'), ['-p', folder]);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'typed-client-'));
    const own = join(projectRoot(), 'clients', 'typescript');
    for (const file of ['client.ts', 'example.ts', 'tsconfig.json'])
      cpSync(join(own, file), join(folder, file));
    symlinkSync(join(projectRoot(), 'node_modules'), join(folder, 'node_modules'));
    const document = join(projectRoot(), 'docs', 'openapi.yaml');
    await run(program('openapi-typescript'), [document, '--output', join(folder, 'api.ts')]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is made from the document; its example compiles, and does what it says', async () => {
    await compiled();
    const deployment = await TestDeployment.create();
    try {
      const tokens = new TestTokens();
      const api = await deployment.startApi({ env: tokens.env });
      await deployment.startWorker();
      const data = { channel: 'call', customer: { id: 'c-1' } };
      await deployment.publish([OFFICE, BOOKINGS, agent('eli')]);
      await deployment.publish([recordOf({ type: 'conversation.started.v1', data })]);
      await deployment.drained();
      const env = { ...process.env, API_URL: await api.url(), TOKEN: await tokens.of('eli') };
      const { stdout } = await run(process.execPath, [join(folder, 'dist', 'example.js')], {
        env: { ...env, CONVERSATION: 'conv-1' },
      });
      expect(JSON.parse(stdout)).toEqual({
        status: 'resolved',
        refused: 'illegal_transition',
        happened: [
          ...['task.created.v1', 'task.assignment_changed.v1', 'task.status_changed.v1'],
          ...['task.status_changed.v1', 'task.completed.v1'],
        ],
      });
    } finally {
      await deployment.close();
    }
  });

  test.each([
    ['a path that is not there', "'/v1/tasks/{id}/start'", "'/v1/tasks/{id}/begin'"],
    ['a field that is not there', "title: 'Call back'", "titel: 'Call back'"],
    ['a word that is none of those there are', "priority: 'high'", "priority: 'urgent'"],
    ['an answer’s field that is not there', 'resolved.data?.status', 'resolved.data?.state'],
  ])('%s does not compile', async (_, right, wrong) => {
    const file = join(folder, 'example.ts');
    const text = readFileSync(file, 'utf8');
    try {
      expect(text).toContain(right);
      writeFileSync(file, text.replace(right, wrong));
      await expect(compiled()).rejects.toMatchObject({ stdout: expect.stringContaining('example.ts') });
    } finally {
      writeFileSync(file, text);
    }
  });
});
