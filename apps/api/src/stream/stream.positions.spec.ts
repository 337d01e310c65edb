import fc from 'fast-check';
import { idOf, positionsIn, shardsBehind } from './stream.positions';

const SHARDS = 12;
const position = fc.oneof(
  fc.nat(300),
  fc.nat(2 ** 31 - 1),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
);
const positions = fc.array(position, { minLength: SHARDS, maxLength: SHARDS });
const zeros = (count: number): Buffer => Buffer.alloc(count);

describe('an event’s id', () => {
  it('gives back the positions it was made of', () => {
    fc.assert(
      fc.property(positions, (given) => {
        expect(positionsIn(idOf(given), SHARDS)).toEqual(given);
      }),
    );
  });

  it('is another one for other positions', () => {
    fc.assert(
      fc.property(positions, positions, (one, other) => {
        expect(idOf(one) === idOf(other)).toBe(one.join() === other.join());
      }),
    );
  });

  it('is short, and fits a header however many shards there are', () => {
    expect(idOf(Array.from({ length: SHARDS }, () => 1_000_000)).length).toBeLessThanOrEqual(48);
    expect(idOf(Array.from({ length: 1_000 }, () => 1_000_000)).length).toBeLessThanOrEqual(4_096);
  });

  it.each([
    ['nothing', ''],
    ['a word', 'latest'],
    ['white space', ' '],
    ['too few shards', zeros(SHARDS - 1).toString('base64url')],
    ['too many shards', zeros(SHARDS + 1).toString('base64url')],
    ['very many shards', zeros(1_000_000).toString('base64url')],
    ['padding', `${zeros(13).toString('base64')}`],
    ['a character that is none', `${idOf(zeros(SHARDS).map(() => 0) as unknown as number[])}!`],
    ['a number that does not end', Buffer.concat([zeros(11), Buffer.from([0x80])]).toString('base64url')],
    [
      'a number with zeros in front',
      Buffer.concat([zeros(11), Buffer.from([0x80, 0])]).toString('base64url'),
    ],
    ['a number beyond all', Buffer.concat([zeros(11), Buffer.alloc(9, 0xff)]).toString('base64url')],
    [
      'a number without end',
      Buffer.concat([Buffer.alloc(5_000, 0xff), Buffer.from([1])]).toString('base64url'),
    ],
    ['two ids', `${idOf(new Array<number>(SHARDS).fill(0))}, ${idOf(new Array<number>(SHARDS).fill(0))}`],
  ])('is not %s', (_, text) => {
    expect(positionsIn(text, SHARDS)).toBeNull();
  });

  it('is no text that it was not made of', () => {
    const text = fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(text, (given) => {
        const found = positionsIn(given, 3);
        expect(found === null || idOf(found) === given).toBe(true);
      }),
    );
  });
});

test('which shards are behind', () => {
  expect(shardsBehind([1, 2, 3], [1, 3, 2])).toEqual([1]);
});
