import { aCopy, theRecord } from './letter.fixture';
import { FirstOf, letterOf, type LetterState, LetterTally } from './index';

const standing = (number: number, code: string, state: LetterState) => ({
  ...letterOf(aCopy(theRecord(number), { code, at: new Date(number * 1_000).toISOString() }))!,
  state,
});

describe('LetterTally', () => {
  it('counts all, the most frequent first, and keeps the newest in order', () => {
    const tally = new LetterTally(undefined, 3);
    for (let i = 0; i < 1_000; i += 1)
      tally.add(standing((i * 7) % 1_000, i % 4 === 0 ? 'too_large' : 'not_json', 'open'));
    const { total, byCode, byTopic, newest } = tally.result();
    expect(total).toBe(1_000);
    expect(Object.entries(byCode)).toEqual([
      ['not_json', 750],
      ['too_large', 250],
    ]);
    expect(byTopic).toEqual({ 'conversation-events.call': 1_000 });
    expect(newest.map(({ id }) => id.offset)).toEqual(['999', '998', '997']);
  });

  it('counts every state, and of everything else only the states that are meant', () => {
    const tally = new LetterTally(['open', 'quarantined'], 10);
    (['open', 'quarantined', 'redriven', 'discarded', 'redriven'] as const).forEach((state, i) =>
      tally.add(standing(i, state, state)),
    );
    expect(tally.result()).toMatchObject({
      total: 2,
      byState: { open: 1, quarantined: 1, redriven: 2, discarded: 1 },
      byCode: { open: 1, quarantined: 1 },
    });
  });
});

describe('FirstOf', () => {
  it('keeps the first in order, however many come, and counts the others', () => {
    const first = new FirstOf<number>(3, (a, b) => a - b);
    for (let i = 0; i < 1_000; i += 1) first.add((i * 7) % 1_000);
    expect(first.items()).toEqual([0, 1, 2]);
    expect(first.beyond).toBe(997);
  });
});
