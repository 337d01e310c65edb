import { whereToGoOn } from './input.positions';

describe('where a rebuilt database goes on with an input partition', () => {
  // committed, greatest cause, earliest → next offset, and who says so
  test.each<[string, number | null, number | null, number, [number, 'group' | 'causes'] | null]>([
    ['the group has committed: there', 50, 40, 0, [50, 'group']],
    [
      'it has committed less than led to something, as after a kill: there, so nothing is left out',
      50,
      60,
      0,
      [50, 'group'],
    ],
    ['it has committed what is gone unread: there, and the worker says so', 50, null, 70, [50, 'group']],
    ['it has committed nothing: behind the last event that led to something', null, 40, 0, [41, 'causes']],
    ['the same, and what follows is gone: where the topic begins', null, 40, 70, [70, 'causes']],
    ['the same, and that event is the first there is', null, 70, 70, [71, 'causes']],
    ['nobody knows: at the beginning, by no position', null, null, 0, null],
  ])('%s', (_, committed, cause, earliest, expected) => {
    const goingOn = whereToGoOn(
      committed === null ? null : BigInt(committed),
      cause === null ? null : BigInt(cause),
      { earliest: BigInt(earliest) },
    );
    expect(goingOn).toEqual(expected && { nextOffset: BigInt(expected[0]), by: expected[1] });
  });
});
