import { Pacing } from './pacing';

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
