import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OutgoingRecord } from '#libs/messaging';
import { TestDeployment } from '#libs/testing';
import { createData, recordOf } from './support/events';

jest.setTimeout(180_000);

const EVENTS = 12_000;

interface Counts {
  statements: number;
  produceRequests: number;
}

describe('what an event costs, whatever the machine', () => {
  let deployment: TestDeployment;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'conversation-tasks-counts-'));
    deployment = await TestDeployment.create();
  });
  afterAll(async () => {
    await deployment?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What a worker sends from its start to its end, with this backlog to apply. */
  async function countsOf(backlog: readonly OutgoingRecord[]): Promise<Counts> {
    await deployment.publish(backlog);
    const file = join(folder, 'counts.json');
    await deployment.startWorker({
      env: { COUNTS_FILE: file },
      preload: [join(__dirname, 'support', 'count-requests.cjs')],
    });
    await deployment.drained();
    await deployment.stopWorkers();
    return JSON.parse(readFileSync(file, 'utf8')) as Counts;
  }

  const backlog = Array.from({ length: EVENTS }, (_, i) =>
    recordOf({ id: `create-${i}`, subject: `conv-${i % 3_000}`, data: createData() }),
  );

  it('a backlog of creations takes at most 0.1 statements and 0.05 produce requests an event', async () => {
    const { statements, produceRequests } = await countsOf(backlog);
    expect((await deployment.rowCounts()).task).toBe(EVENTS);
    expect(statements).toBeGreaterThan(100); // it does count
    expect(produceRequests).toBeGreaterThanOrEqual(12);
    expect(statements / EVENTS).toBeLessThanOrEqual(0.1);
    expect(produceRequests / EVENTS).toBeLessThanOrEqual(0.05);
  });

  it('the same events once more take no more, and nothing is produced', async () => {
    const { statements, produceRequests } = await countsOf(backlog);
    expect((await deployment.rowCounts()).task).toBe(EVENTS);
    expect(statements / EVENTS).toBeLessThanOrEqual(0.1);
    expect(produceRequests).toBe(0);
  });
});
