import { WorkersPositions } from './workers.positions';

describe('what workers have yet to read', () => {
  const positions = new WorkersPositions(
    new Map([
      ['call/0', 10n],
      ['call/1', 100n],
    ]),
  );
  const range = (partition: number, from: number, to: number) => ({
    topic: 'call',
    partition,
    from: String(from),
    to: String(to),
    next: String(from),
  });

  it('is left to them by a run, which ends where they are', () => {
    const { ranges, left } = positions.leavingTheUnread([range(0, 5, 15), range(1, 0, 100), range(2, 0, 7)]);
    expect(ranges).toEqual([range(0, 5, 10), range(1, 0, 100)]);
    expect(left).toBe(5 + 7);
  });

  it('is all of what lies behind their position', () => {
    expect(positions.leavingTheUnread([range(0, 12, 15)])).toEqual({ ranges: [], left: 3 });
  });
});
