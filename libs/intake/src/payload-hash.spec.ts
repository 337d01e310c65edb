import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { payloadHash } from './payload-hash';

const hashOf = (data: unknown) =>
  payloadHash({ type: 't', subject: 's', time: '2026-11-20T09:30:00.000Z', data }).toString('hex');

/** The same value with every object's keys the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}

describe('payloadHash', () => {
  it('is the same for the same data in any key order, and another for other data', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(hashOf(reversed(one))).toBe(hashOf(one));
        // -0 and 0 are the same in JSON.
        const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
        expect(hashOf(one) === hashOf(other)).toBe(same);
      }),
    );
  });

  it('tells a list from an object, an element from two, and text from a number', () => {
    const values = [
      [],
      {},
      [[]],
      [''],
      ['', ''],
      [null],
      ['a,b'],
      ['a', 'b'],
      { a: 1 },
      { a: '1' },
      ['1'],
      [1],
      '[]',
      null,
    ];
    expect(new Set(values.map(hashOf)).size).toBe(values.length);
  });

  it('is SHA-256 of JSON with sorted keys and no space', () => {
    const json =
      '{"data":{"a":[1,{"x":"é","y":null}],"b":{}},"subject":"s","time":"2026-11-20T09:30:00.000Z","type":"t"}';
    expect(hashOf({ b: {}, a: [1, { y: null, x: 'é' }] })).toBe(
      createHash('sha256').update(json).digest('hex'),
    );
  });

  it('refuses a number that cannot be stored, naming it', () => {
    expect(() => hashOf({ a: [0, { b: -Infinity }] })).toThrow(
      'data.a[1].b is a number outside what can be held',
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => ({ key, item: sorted(item) }))
    .concat({ key: 'object', item: true });
}
