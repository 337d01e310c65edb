import { movedPartition } from './topic.partitions';

describe('movedPartition', () => {
  test('moves every record to another partition by the same step, around the end', () => {
    for (const key of ['a', 'b', 'conv-1', null]) {
      const own = movedPartition(key, 12, 0);
      expect(movedPartition(key, 12, 5)).toBe((own + 5) % 12);
      expect(movedPartition(key, 12, -1)).toBe((own + 11) % 12);
    }
  });
});
