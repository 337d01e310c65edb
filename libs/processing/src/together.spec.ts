import { setTimeout as pause } from 'node:timers/promises';
import { together } from './together';

describe('statements sent together', () => {
  test('give what each answers, in order', async () => {
    expect(await together([pause(5, 'a'), 1, Promise.resolve(null)])).toEqual(['a', 1, null]);
  });

  test('fail with what failed first in order, whichever is heard of first, when all have ended', async () => {
    let ended = false;
    const cause = pause(5).then(() => Promise.reject(new Error('the cause')));
    const consequence = Promise.reject(new Error('the transaction is aborted'));
    const last = pause(10).then(() => (ended = true));
    await expect(together([cause, consequence, last])).rejects.toThrow('the cause');
    expect(ended).toBe(true);
  });
});
