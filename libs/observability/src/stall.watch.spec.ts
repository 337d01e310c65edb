import { type Stall, StallWatch, type Work } from '.';

const LOOK_MS = 5_000;

/** Work that waits and is in hand, of which nothing has been done yet. */
function aPartition(name: string, changes: Partial<Work> = {}): Work {
  return { name, isWaiting: true, isInHand: true, mark: '0', ...changes };
}

/** A watch with a clock; `see` looks at something `times` times, five seconds apart, and gives what it says at last. */
function world() {
  const watch = new StallWatch(15_000);
  let at = 1_000;
  const see = (work: Work[], { times = 1, areOthersThere = true } = {}): Stall | null => {
    let stall: Stall | null = null;
    for (let looks = 0; looks < times; looks += 1) {
      stall = watch.see({ at, areOthersThere, work });
      at += LOOK_MS;
    }
    return stall;
  };
  return { see, sleep: (ms: number) => (at += ms) };
}

describe('a stall', () => {
  test('given a partition in hand of which nothing gets done, then it is named, with how long it has been', () => {
    const { see } = world();
    expect(see([aPartition('call/1')], { times: 13 })).toEqual({ forMs: 60_000, names: ['call/1'] });
  });

  test('given nothing to do, then there is none, however long', () => {
    const { see } = world();
    expect(see([aPartition('call/1', { isWaiting: false, isInHand: false })], { times: 100 })).toBeNull();
  });

  test('given that something was done, then counting begins anew', () => {
    const { see } = world();
    see([aPartition('call/1')], { times: 13 });
    expect(see([aPartition('call/1', { mark: '1' })])).toBeNull();
    expect(see([aPartition('call/1', { mark: '1' })])).toEqual({ forMs: 5_000, names: ['call/1'] });
  });

  test('given that database or broker are away, then waiting for them is none, and after their return counting begins anew', () => {
    const { see } = world();
    see([aPartition('call/1')], { times: 10 });
    expect(see([aPartition('call/1')], { times: 100, areOthersThere: false })).toBeNull();
    expect(see([aPartition('call/1')], { times: 2 })).toEqual({ forMs: 5_000, names: ['call/1'] });
  });

  test('given one partition that hangs in its handler while others get on, then it is found', () => {
    const { see } = world();
    let stall: Stall | null = null;
    for (let n = 0; n < 13; n += 1)
      stall = see([aPartition('call/1'), aPartition('call/2', { mark: `${n}` })]);
    expect(stall).toEqual({ forMs: 60_000, names: ['call/1'] });
  });

  test('given a partition that waits for its turn behind others that get on, then there is none', () => {
    const { see } = world();
    const behind = aPartition('call/1', { isInHand: false });
    for (let n = 0; n < 100; n += 1) expect(see([behind, aPartition('call/2', { mark: `${n}` })])).toBeNull();
  });

  test('given that nothing is in hand and nothing gets done, then all that waits is named', () => {
    const { see } = world();
    const idle = { isInHand: false };
    expect(see([aPartition('call/1', idle), aPartition('call/2', idle)], { times: 13 })).toEqual({
      forMs: 60_000,
      names: ['call/1', 'call/2'],
    });
  });

  test('given a process that was stopped for two minutes, then the time in which nobody looked does not count', () => {
    const { see, sleep } = world();
    see([aPartition('call/1')], { times: 10 });
    sleep(120_000);
    expect(see([aPartition('call/1')])).toBeNull();
    expect(see([aPartition('call/1')])).toEqual({ forMs: 5_000, names: ['call/1'] });
  });

  test('given a partition that was assigned anew, then it has its own time', () => {
    const { see } = world();
    see([aPartition('call/1')], { times: 10 });
    see([]);
    expect(see([aPartition('call/1')])).toBeNull();
  });
});
