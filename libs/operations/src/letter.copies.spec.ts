import { runsOf } from './letter.copies';

describe('the runs in which letters are read', () => {
  test('take neighbours together, leave wide gaps out, and miss none', () => {
    expect(runsOf([7n, 5n, 400n, 100_000n])).toEqual([
      [5n, 401n],
      [100_000n, 100_001n],
    ]);
    expect(runsOf([])).toEqual([]);
  });
});
