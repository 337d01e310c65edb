import { type GroupProgress } from '#libs/messaging';
import { checksOf, type WorkerState } from './worker.checks';

const joined: GroupProgress = { groupId: 'tasks', isStarted: true, isJoined: true, partitions: [] };

/** A worker of which everything is as it should be, but for `changes`. */
function aWorker(changes: Partial<WorkerState> = {}): WorkerState {
  return {
    database: { ok: true, answer: null },
    broker: { ok: true, answer: null },
    groups: [joined],
    published: [{ log: 'activity', shard: 3, position: 0 }],
    stall: null,
    stalledAfterMs: 60_000,
    failure: null,
    ...changes,
  };
}

/** Which checks fail, with the reason. */
function failing(changes: Partial<WorkerState>): Record<string, string> {
  const checks = Object.entries(checksOf(aWorker(changes)));
  return Object.fromEntries(checks.flatMap(([name, check]) => (check.ok ? [] : [[name, check.reason]])));
}

describe('a worker is ready', () => {
  test('given that all is as it should be, also without partitions in a group of many', () => {
    expect(failing({})).toEqual({});
  });

  test.each<[string, Partial<WorkerState>, Record<string, string>]>([
    ['the database away', { database: { ok: false, reason: 'ECONNREFUSED' } }, { database: 'ECONNREFUSED' }],
    ['the broker away', { broker: { ok: false, reason: 'no leader' } }, { broker: 'no leader' }],
    [
      'a rebalance under way',
      { groups: [{ ...joined, isJoined: false }] },
      { assignment: 'it is not a member of group tasks at the moment' },
    ],
    [
      'a workforce that is still being read',
      { groups: [{ ...joined, isStarted: false, isJoined: false }] },
      { assignment: 'it joins group tasks once the workforce topic has been read to its end' },
    ],
    [
      'a log whose topic was not looked at yet',
      { published: [{ log: 'activity', shard: 3, position: null }] },
      { relay: 'it has not seen the ends of 1 of its 1 logs yet' },
    ],
    [
      'consumers that have ended',
      { failure: new Error('expected, but found') },
      { consumers: 'they have ended: expected, but found' },
    ],
    [
      'a standstill',
      { stall: { forMs: 60_000, names: ['call/1', 'call/2', 'call/3', 'call/4', 'call/5', 'call/6'] } },
      {
        progress:
          'nothing was done of call/1, call/2, call/3, call/4, call/5 and 1 more for 60 s, though there is something to do and database and broker answer',
      },
    ],
  ])('but not given %s', (_, changes, expected) => {
    expect(failing(changes)).toEqual(expected);
  });

  test('given a standstill that is not long enough yet to be one', () => {
    expect(failing({ stall: { forMs: 59_999, names: ['call/1'] } })).toEqual({});
  });
});
