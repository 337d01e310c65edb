import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { OperationLost, type OperationStart, OperationStore, SILENT_AFTER_SECONDS } from './index';

const START: OperationStart<{ topics: string[] }, { applied: number }> = {
  kind: 'replay',
  startedBy: 'ops:ada',
  reason: 'after the incident',
  parameters: { topics: ['conversation-events.call'] },
  progress: { applied: 0 },
};

describe('an operation', () => {
  let db: TestDatabase;
  /** Each stands for a process of its own. */
  let one: OperationStore;
  let other: OperationStore;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());
  beforeEach(() => {
    one = new OperationStore(db.operator);
    other = new OperationStore(db.operator);
  });

  /** Its process was killed long enough ago. */
  const fallSilent = (id: string): Promise<unknown> =>
    db.owner.query(
      `update operation set updated_at = now() - interval '${SILENT_AFTER_SECONDS + 1} seconds' where id = $1`,
      [id],
    );

  it('says who began it, when, why, with what and how far it got', async () => {
    const id = await one.begin(START);
    expect(await one.report(id, { applied: 7 })).toBeNull();
    expect(await other.find(id)).toMatchObject({
      ...START,
      id,
      status: 'running',
      progress: { applied: 7 },
      startedAt: expect.any(Date),
      endedAt: null,
      silent: false,
    });
    await one.leave(id, 'done', { applied: 9 });
    expect(await other.find(id)).toMatchObject({
      status: 'done',
      progress: { applied: 9 },
      endedAt: expect.any(Date),
    });
    expect((await other.latest(['replay'], 5)).map((operation) => operation.id)).toContain(id);
    expect(await other.latest(['discard'], 5)).toEqual([]);
  });

  it('is told what another process asks of it', async () => {
    const id = await one.begin(START);
    expect(await other.ask(id, 'pause')).toMatchObject({ status: 'running', asked: 'pause' });
    expect(await one.report(id, {})).toBe('pause');
    await one.leave(id, 'paused', {});
    expect(await other.find(id)).toMatchObject({ status: 'paused', asked: null, endedAt: null });
  });

  it('is gone on with by another process when it is paused, and by nobody while it runs', async () => {
    const id = await one.begin(START);
    await expect(other.resume(id)).rejects.toThrow(OperationLost);
    await one.leave(id, 'paused', { applied: 3 });
    expect(await other.resume(id)).toMatchObject({ status: 'running', progress: { applied: 3 } });
    await expect(one.report(id, {})).rejects.toThrow('run by another process');
  });

  it('is gone on with when its process was not heard of, which then finds it lost', async () => {
    const id = await one.begin(START);
    await fallSilent(id);
    expect(await other.find(id)).toMatchObject({ status: 'running', silent: true });
    expect(await other.resume(id)).toMatchObject({ status: 'running', silent: false });
    await expect(one.leave(id, 'done', {})).rejects.toThrow(OperationLost);
    await other.leave(id, 'done', {});
  });

  it('is aborted at once when no process runs it, and has then ended', async () => {
    const paused = await one.begin(START);
    await one.leave(paused, 'paused', {});
    const killed = await one.begin(START);
    await fallSilent(killed);
    for (const id of [paused, killed]) {
      expect(await other.ask(id, 'abort')).toMatchObject({
        status: 'aborted',
        asked: null,
        endedAt: expect.any(Date),
      });
      expect(await other.ask(id, 'abort')).toBeNull();
      await expect(other.resume(id)).rejects.toThrow(OperationLost);
    }
  });

  it('is left again when the answer to leaving it was lost', async () => {
    const id = await one.begin(START);
    await one.leave(id, 'done', {});
    await one.leave(id, 'done', {});
    await expect(one.leave(id, 'failed', {})).rejects.toThrow(OperationLost);
  });

  it('stays asked to abort, also when it is asked to pause, or pauses by itself meanwhile', async () => {
    const id = await one.begin(START);
    await other.ask(id, 'abort');
    expect(await other.ask(id, 'pause')).toMatchObject({ status: 'running', asked: 'abort' });
    await one.leave(id, 'paused', {});
    expect(await one.find(id)).toMatchObject({ status: 'aborted', endedAt: expect.any(Date) });
  });

  it('is nothing the application’s role may write', async () => {
    await expect(new OperationStore(db.app).begin(START)).rejects.toThrow(/permission denied/);
  });
});
