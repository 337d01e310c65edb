import { type RawRecord } from '#libs/processing';
import { DeadLetterTally } from './list.dead-letters';

function letter(number: number, code: string): RawRecord {
  const at = new Date(Date.UTC(2026, 0, 1) + number * 1_000).toISOString();
  const errors = {
    topic: 'conversation-events.call',
    partition: '4',
    offset: String(number),
    stage: 'decode',
    code,
    message: 'm',
    at,
    attempt: '1',
  };
  return {
    topic: 'task-dead-letters',
    partition: 0,
    offset: String(number),
    key: null,
    value: null,
    headers: Object.fromEntries(
      Object.entries(errors).map(([name, text]) => [`errors.${name}`, Buffer.from(text)]),
    ),
    timestamp: '0',
  };
}

describe('DeadLetterTally', () => {
  test('given many, then all are counted by code, the most frequent first, and the newest are kept in order', () => {
    const tally = new DeadLetterTally(3);
    for (let i = 0; i < 1_000; i += 1)
      tally.add(letter((i * 7) % 1_000, i % 4 === 0 ? 'too_large' : 'not_json'));
    const { total, byCode, newest } = tally.result();
    expect(total).toBe(1_000);
    expect(Object.entries(byCode)).toEqual([
      ['not_json', 750],
      ['too_large', 250],
    ]);
    expect(newest.map(({ origin }) => origin)).toEqual(
      ['999', '998', '997'].map((offset) => ({ topic: 'conversation-events.call', partition: 4, offset })),
    );
  });

  test('given a letter that failed twice, then the last headers count', () => {
    const again = letter(1, 'first');
    again.headers['errors.code'] = [Buffer.from('first'), Buffer.from('second')];
    const tally = new DeadLetterTally(1);
    tally.add(again);
    expect(tally.result().byCode).toEqual({ second: 1 });
  });
});
