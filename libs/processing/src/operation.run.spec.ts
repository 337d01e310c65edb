import { Interrupted, OperationRun, StoreOutage } from './index';

/** An operation that is written down in memory. */
function anOperation() {
  const written: string[] = [];
  let asked: 'pause' | 'abort' | null = null;
  let fail: Error | null = null;
  const journal = {
    report: (progress: number) => {
      if (fail) return Promise.reject(fail);
      written.push(`at ${progress}`);
      return Promise.resolve(asked);
    },
    leave: (status: string, progress: number) => {
      written.push(`${status} at ${progress}`);
      return Promise.resolve();
    },
  };
  let done = 0;
  const run = new OperationRun<number>({ journal, progress: () => done, beatMs: 5 });
  return {
    run,
    written,
    ask: (what: 'pause' | 'abort') => (asked = what),
    fail: (error: Error | null) => (fail = error),
    step: async () => {
      done += 1;
      await run.checkpoint();
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('long work of an operator', () => {
  it('says how far it is after each step, and how it ended', async () => {
    const { run, step, written } = anOperation();
    expect(await run.through(step)).toBe('done');
    expect(written).toEqual(['at 1', 'done at 1']);
  });

  it.each([
    ['pause', 'paused'],
    ['abort', 'aborted'],
  ] as const)('asked to %s, ends after the step as %s', async (what, status) => {
    const { run, step, written, ask } = anOperation();
    const ended = await run.through(async () => {
      await step();
      ask(what);
      await step();
      await step();
    });
    expect(ended).toBe(status);
    expect(written.at(-1)).toBe(`${status} at 2`);
  });

  it('is heard of while a step lasts, and learns meanwhile that it is to stop', async () => {
    const { run, written, ask } = anOperation();
    const ended = await run.through(async () => {
      ask('pause');
      while (run.patience.isRunning()) await pause(5);
      expect(written).toContain('at 0');
      throw new Interrupted('stopped while waiting for an outage to end');
    });
    expect(ended).toBe('paused');
  });

  it('waits while it cannot be written down, and goes on', async () => {
    const { run, step, written, fail } = anOperation();
    fail(new StoreOutage('away'));
    setTimeout(() => fail(null), 50);
    expect(await run.through(step)).toBe('done');
    expect(written.at(-1)).toBe('done at 1');
  });

  it('ends at once when another process has taken it over', async () => {
    const { run, step, written, fail } = anOperation();
    const lost = new Error('run by another process');
    await expect(
      run.through(async () => {
        fail(lost);
        while (run.patience.isRunning()) await pause(5);
        await step();
      }),
    ).rejects.toBe(lost);
    expect(written).toEqual([]);
  });

  it('is written down as failed when its work throws', async () => {
    const { run, written } = anOperation();
    const failure = new Error('no such partition');
    await expect(run.through(() => Promise.reject(failure))).rejects.toBe(failure);
    expect(written).toEqual(['failed at 0']);
  });
});
