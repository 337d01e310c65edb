import { Pacing } from './pacing';
import { movedPartition } from './topic.partitions';

describe('Pacing', () => {
  test('given 100 a second, then the third ten go 200 ms after the first, however long sending took', async () => {
    let now = 1_000;
    const waits: number[] = [];
    const wait = (ms: number): Promise<void> => {
      waits.push(ms);
      now += ms;
      return Promise.resolve();
    };
    const pacing = new Pacing(100, () => now, wait);
    expect(pacing.batch).toBe(10);
    await pacing.admit(10);
    now += 30;
    await pacing.admit(10);
    now += 250;
    await pacing.admit(10);
    expect(waits).toEqual([70]);
  });

  test('given less than ten a second, then one goes at a time; without a rate nothing waits', async () => {
    expect(new Pacing(0.5).batch).toBe(1);
    const never = (): Promise<void> => Promise.reject(new Error('waited'));
    await new Pacing(null, Date.now, never).admit(1_000_000);
  });
});

describe('movedPartition', () => {
  test('moves every record to another partition by the same step, around the end', () => {
    for (const key of ['a', 'b', 'conv-1', null]) {
      const own = movedPartition(key, 12, 0);
      expect(movedPartition(key, 12, 5)).toBe((own + 5) % 12);
      expect(movedPartition(key, 12, -1)).toBe((own + 11) % 12);
    }
  });
});
