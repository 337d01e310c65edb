import { StandingQuestion } from './standing.question';

/** A question whose answers a test gives, with a clock of its own. */
function world() {
  const asked: { answer: (text: string) => void; refuse: (error: Error) => void }[] = [];
  const given = { up: 0 };
  const clock = { at: 0 };
  const question = new StandingQuestion(
    () => new Promise<string>((answer, refuse) => asked.push({ answer, refuse })),
    () => (given.up += 1),
    5_000,
    () => clock.at,
  );
  return { question, asked, given, clock };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a standing question', () => {
  test('given an answer, then it is the last word until the next', async () => {
    const { question, asked } = world();
    question.put();
    asked[0]!.answer('here');
    await settled();
    expect(question.last).toEqual({ ok: true, answer: 'here' });
    question.put();
    expect(question.last).toEqual({ ok: true, answer: 'here' });
    asked[1]!.refuse(new Error('ECONNREFUSED'));
    await settled();
    expect(question.last).toEqual({ ok: false, reason: 'ECONNREFUSED' });
  });

  test('given no answer yet, then it is not put a second time', () => {
    const { question, asked, clock } = world();
    question.put();
    clock.at = 4_999;
    question.put();
    expect(asked.length).toBe(1);
  });

  test('given no answer for too long, then that is the last word, the asking is given up, and it is put again', async () => {
    const { question, asked, given, clock } = world();
    question.put();
    clock.at = 6_000;
    question.put();
    expect([question.last, given.up]).toEqual([{ ok: false, reason: 'no answer for 6 s' }, 1]);
    asked[0]!.refuse(new Error('given up'));
    await settled();
    question.put();
    asked[1]!.answer('here again');
    await settled();
    expect(question.last).toEqual({ ok: true, answer: 'here again' });
  });
});
