import fc from 'fast-check';
import { type EventLine } from './event.line';
import { interleave } from './interleave';

const lines = (keys: readonly (string | null)[]): EventLine[] =>
  keys.map((key, i) => ({ number: i + 1, topic: 'conversation-events.call', key, headers: {}, value: {} }));

const numbersOf = (list: readonly EventLine[], key: string | null): number[] =>
  list.filter((line) => line.key === key).map(({ number }) => number);

describe('interleave', () => {
  test('keeps every line, and each conversation in its own order', () => {
    const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd', null), { maxLength: 60 });
    fc.assert(
      fc.property(keys, fc.nat(), (list, seed) => {
        const before = lines(list);
        const after = interleave(before, seed);
        expect(after.map(({ number }) => number).sort((a, b) => a - b)).toEqual(
          before.map(({ number }) => number),
        );
        for (const key of ['a', 'b', 'c', 'd']) expect(numbersOf(after, key)).toEqual(numbersOf(before, key));
      }),
    );
  });

  test('given one seed, then one order; given another, then another, with conversations mixed', () => {
    const before = lines([...Array<string>(20).fill('a'), ...Array<string>(20).fill('b')]);
    const after = interleave(before, 1);
    expect(interleave(before, 1)).toEqual(after);
    expect(interleave(before, 2)).not.toEqual(after);
    expect(numbersOf(after.slice(0, 20), 'b').length).toBeGreaterThan(3);
  });

  test('given the same key on two topics, then these are two conversations', () => {
    const [first, second] = lines(['a', 'a']) as [EventLine, EventLine];
    const moved = { ...second, topic: 'conversation-events.message' };
    const orders = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => interleave([first, moved], seed)[0]!.number);
    expect(new Set(orders)).toEqual(new Set([1, 2]));
  });
});
