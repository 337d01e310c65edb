import { Handoff } from './handoff';

describe('Handoff', () => {
  test('whoever gives waits until it was taken', async () => {
    const handoff = new Handoff<number>();
    let given = false;
    const giving = handoff.give(1).then(() => (given = true));
    await Promise.resolve();
    expect(given).toBe(false);
    expect(await handoff.take(1_000, 'it')).toBe(1);
    await giving;
    expect(given).toBe(true);
  });

  test('whoever takes first gets what is given next', async () => {
    const handoff = new Handoff<number>();
    const taking = handoff.take(1_000, 'it');
    await handoff.give(2);
    expect(await taking).toBe(2);
  });

  test('given nothing in time, then it says what did not come', async () => {
    await expect(new Handoff().take(5, 'record 7')).rejects.toThrow('record 7 did not come');
  });

  test('given a failure, then whoever takes, now or later, gets it, and whoever gives is let go', async () => {
    const handoff = new Handoff<number>();
    const taking = handoff.take(1_000, 'it');
    handoff.fail(new Error('broker gone'));
    await expect(taking).rejects.toThrow('broker gone');
    await expect(handoff.take(1_000, 'it')).rejects.toThrow('broker gone');
    const other = new Handoff<number>();
    const giving = other.give(1);
    other.release();
    await giving;
  });
});
