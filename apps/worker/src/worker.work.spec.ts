import { type GroupProgress } from '#libs/messaging';
import { type WorkerView, workOf } from './worker.work';

type Partition = GroupProgress['partitions'][number];

/** What is to do of one partition of the calls, which holds the offsets 10 to 19, when it is so far. */
function waiting(changes: Partial<Partition>, [earliest, end] = [10n, 20n]): boolean {
  const own = { topic: 'conversation-events.call', partition: 2, nextOffset: 20n, isInHand: false, steps: 0 };
  const view: WorkerView = {
    groups: [{ groupId: 'tasks', isStarted: true, isJoined: true, partitions: [{ ...own, ...changes }] }],
    published: [],
    inputs: new Map([['conversation-events.call', [{ partition: 2, earliest, end }]]]),
    heads: { activity: new Map(), rejection: new Map() },
  };
  return workOf(view).find(({ name }) => name === 'conversation-events.call/2')!.isWaiting;
}

describe('the work of a worker', () => {
  test('a partition waits as long as there is something to fetch', () => {
    expect(waiting({ nextOffset: 19n })).toBe(true);
    expect(waiting({ nextOffset: 20n })).toBe(false);
  });

  test('a partition whose records were all deleted unread waits for nothing', () => {
    expect(waiting({ nextOffset: 12n }, [20n, 20n])).toBe(false);
  });

  test('a partition of which nobody knows where to begin waits, if it holds anything', () => {
    expect(waiting({ nextOffset: null })).toBe(true);
    expect(waiting({ nextOffset: null }, [0n, 0n])).toBe(false);
  });

  test('a log waits as long as its topic is behind its head, and a group until it is joined', () => {
    const work = workOf({
      groups: [
        { groupId: 'tasks', isStarted: true, isJoined: false, partitions: [] },
        { groupId: 'tasks.later', isStarted: false, isJoined: false, partitions: [] },
      ],
      published: [
        { log: 'activity', shard: 1, position: 4 },
        { log: 'activity', shard: 2, position: 5 },
        { log: 'rejection', shard: 1, position: null },
      ],
      inputs: new Map(),
      heads: {
        activity: new Map([
          [1, 5],
          [2, 5],
        ]),
        rejection: new Map(),
      },
    });
    expect(work.filter(({ isWaiting }) => isWaiting).map(({ name }) => name)).toEqual([
      'joining tasks',
      'task-activity/1',
    ]);
  });
});
