import fc from 'fast-check';

/** A number that JSON can write and no double can hold: stands for it until the body is text. */
export const TOO_GREAT = '«1e999»';

const STRANGE_TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'x\udfff',
  '\u202eevil',
  '\ufeff',
  '__proto__',
  'constructor',
  "'; DROP TABLE task; --",
  "' OR 1=1 --",
  '$1',
  '%',
  '%00',
  '_',
  '\\',
  '../../etc/passwd',
  '{{ 7 | times: 7 }}',
  '${7*7}',
  '<script>alert(1)</script>',
  '\r\nx: y',
  'null',
  'NaN',
  '-1',
  '1e309',
  '0x10',
  '2026-02-30T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '+010000-01-01T00:00:00Z',
  '2026-01-01T00:00:00+23:59',
  'P999999999Y',
  'PT999999999H',
  '-PT1H',
  '00000000-0000-0000-0000-000000000000',
  '👩‍👩‍👧‍👦'.repeat(40),
  'é'.repeat(130),
  'x'.repeat(501),
  'x'.repeat(6_000),
];

/** Texts that somebody wrote who was careless, or meant harm. */
export const strangeTexts = fc.oneof(
  fc.constantFrom(...STRANGE_TEXTS),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);

/** Texts a line of HTTP can carry: node refuses to send others. */
export const strangeHeaders = fc.oneof(
  fc
    .constantFrom(...STRANGE_TEXTS)
    .map((text) => text.replace(/[^\t\x20-\x7e\xa0-\xff]/g, '?'))
    .map((text) => text.trim()),
  fc.constantFrom('*', '"0"', '"1"', '"99999999999"', 'W/"1"', '"1", "2"', '1', 'x'.repeat(121), '\xe9'),
);

const deep = (levels: number): unknown =>
  Array.from({ length: levels }).reduce<unknown>((inside) => [inside], 1);

/** Values of any type, of which a field takes one at the most. */
export const strangeValues: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: strangeTexts },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      ...[
        null,
        true,
        false,
        0,
        -1,
        1.5,
        2 ** 31,
        2 ** 53,
        -(2 ** 63),
        1e308,
        TOO_GREAT,
        [],
        {},
        [[]],
        [null],
      ],
      ...[{ toString: 1 }, { length: 3 }, { id: {} }, { kind: 'agent', id: null }, deep(70), deep(3_000)],
      Array.from({ length: 6_000 }, () => 0),
    ),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);
