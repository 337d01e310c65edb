import { OffsetCommits } from './offset.commits';

interface Said {
  topic: string;
  partition: number;
  offset: string;
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A member's commits over a broker that answers as it is told, and remembers what it was asked. */
function world() {
  const asked: Said[][] = [];
  const waits: string[] = [];
  const member = { isOver: false };
  const broker = { answer: (): Promise<void> => Promise.resolve() };
  const consumer = {
    commitOffsets: (offsets: Said[]) => {
      asked.push(offsets);
      return broker.answer();
    },
  };
  const commits = new OffsetCommits(consumer, 'prefix.', {
    isOver: () => member.isOver,
    onWait: (what) => waits.push(what),
  });
  const brief = () =>
    asked.map((said) => said.map(({ topic, partition, offset }) => `${topic}/${partition}=${offset}`));
  return { commits, member, broker, asked: brief, waits };
}

describe('what a group hears of its member’s offsets', () => {
  it('is said at once for the first, and then ten times a second, all partitions together', async () => {
    const { commits, asked } = world();
    commits.stored('call', 0, 1n);
    await jest.advanceTimersByTimeAsync(0);
    expect(asked()).toEqual([['prefix.call/0=1']]);

    for (let n = 2n; n <= 20n; n += 1n) {
      commits.stored('call', 0, n);
      commits.stored('message', 3, n * 2n);
      await jest.advanceTimersByTimeAsync(10);
    }
    await jest.advanceTimersByTimeAsync(200);

    expect(asked()).toHaveLength(3);
    expect(asked()[2]).toEqual(['prefix.call/0=20', 'prefix.message/3=40']);
  });

  it('is not said again when nothing more was stored', async () => {
    const { commits, asked } = world();
    commits.stored('call', 0, 1n);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(asked()).toEqual([['prefix.call/0=1']]);
  });

  it('is said again, with longer pauses, until it is heard, and says why it is not', async () => {
    const { commits, asked, broker, waits } = world();
    const { answer } = broker;
    broker.answer = () => Promise.reject(new Error('read ECONNRESET'));
    commits.stored('call', 0, 1n);
    await jest.advanceTimersByTimeAsync(1_000);
    broker.answer = answer;
    await jest.advanceTimersByTimeAsync(10_000);

    expect(waits).toEqual([
      'offsets of 1 partitions not committed, again in 250 ms: read ECONNRESET',
      'offsets of 1 partitions not committed, again in 500 ms: read ECONNRESET',
      'offsets of 1 partitions not committed, again in 1000 ms: read ECONNRESET',
    ]);
    expect(asked()).toHaveLength(4);
  });

  it('is said again when more was stored while it was being said', async () => {
    const { commits, asked, broker } = world();
    let answer = (): void => undefined;
    broker.answer = () => new Promise((resolve) => (answer = resolve));
    commits.stored('call', 0, 1n);
    await jest.advanceTimersByTimeAsync(0);
    commits.stored('call', 0, 2n);
    answer();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(asked()).toEqual([['prefix.call/0=1'], ['prefix.call/0=2']]);
  });

  it('is said no more once the partitions are another’s, but for the last word of the one that gives them up', async () => {
    const { commits, asked, member } = world();
    commits.stored('call', 0, 1n);
    await jest.advanceTimersByTimeAsync(0);
    commits.stored('call', 0, 2n);
    member.isOver = true;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(asked()).toEqual([['prefix.call/0=1']]);

    await commits.flush();
    await commits.flush();
    expect(asked()).toEqual([['prefix.call/0=1'], ['prefix.call/0=2']]);
  });

  it('is never said while an earlier word is on its way, which may be tried again and come after it', async () => {
    const { commits, asked, broker } = world();
    let answer = (): void => undefined;
    broker.answer = () => new Promise((resolve) => (answer = resolve));
    commits.stored('call', 0, 1n);
    await jest.advanceTimersByTimeAsync(0);
    commits.stored('call', 0, 2n);
    const last = commits.flush();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(asked()).toEqual([['prefix.call/0=1']]);

    answer();
    await jest.advanceTimersByTimeAsync(0);
    expect(asked()).toEqual([['prefix.call/0=1'], ['prefix.call/0=2']]);
    answer();
    await last;
  });
});
