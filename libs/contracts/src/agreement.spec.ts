import Ajv from 'ajv';
import fc from 'fast-check';
import { isValidByClass } from './class-validation';
import { EVENT_DATA, type EventType, TASK_ACTIVITIES } from './event-types';
import { EXAMPLES } from './examples';
import { contractSchemas } from './json-schema';
import { envelopeValidator, ENVELOPES, validatorFor } from './validator';

/** Values that have made validators differ: by type, at each limit and one beyond it, and names that JavaScript gives a meaning. */
const PROVOCATIONS: unknown[] = [
  null,
  true,
  0,
  -0,
  1,
  -1,
  1.5,
  -1.0000001,
  1e300,
  2 ** 53,
  Infinity,
  '',
  ' ',
  'agent',
  'ai_agent',
  'team',
  'AGENT',
  'critical',
  'call',
  'toString',
  '1',
  'x'.repeat(128),
  'x'.repeat(129),
  '😀'.repeat(128),
  '😀'.repeat(129),
  'é'.repeat(250) + '😀'.repeat(250),
  '😀'.repeat(500),
  '😀'.repeat(501),
  'x'.repeat(501),
  'x'.repeat(16 * 1024),
  'x'.repeat(16 * 1024 + 1),
  'é'.repeat(8 * 1024),
  `${'é'.repeat(8 * 1024)}x`,
  'line\nbreak',
  'zero\u200bwidth',
  'nul\u0000',
  '\ud800',
  '2026-02-29T00:00:00Z',
  '2024-02-29T23:59:59.999999+14:00',
  '1970-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59Z',
  '2026-12-31T23:59:60Z',
  '2026-02-30',
  'PT8H',
  'P1Y2M3W4DT5H6M7.5S',
  'P',
  'PT',
  '-PT1H',
  '0192A7C4-6F00-8ABC-9DEF-0123456789AB',
  'Europe/Berlin',
  'Mars/Base',
  [],
  [[]],
  [null],
  [{}],
  [[{}]],
  ['agent'],
  ['agent', 7],
  [['09:00', '17:00']],
  [['09:00', '24:01']],
  [['09:00']],
  Array.from({ length: 11 }, () => ({ after: 'PT1H' })),
  Array.from({ length: 25 }, () => ['09:00', '10:00']),
  {},
  { kind: 'agent', id: 'dana' },
  { kind: 'agent', id: 'dana', more: [1] },
  { kind: 'system', id: 'x' },
  { at: '2026-11-20T00:00:00Z' },
  { at: '2026-11-20T00:00:00Z', in: 'PT1H' },
  { at: null, in: 'PT1H' },
  { in: 'PT1H', calendar: 'support' },
  { at: '2026-11-20T00:00:00Z', calendar: 'support' },
  { calendar: 'support' },
  { constructor: 5 },
  { constructor: { name: 'Array' } },
  { then: 'not a promise' },
  { length: 3 },
  { toString: 1, hasOwnProperty: 1 },
  JSON.parse('{"__proto__": {"kind": "agent", "id": "dana"}}'),
  JSON.parse('{"__proto__": null}'),
];

interface Mutation {
  /** Which of the message's places, wrapped around. */
  place: number;
  how: 'replace' | 'remove' | 'wrap' | 'add';
  name: string;
  value: unknown;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  place: fc.nat(200),
  how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'wrap', 'add'),
  name: fc.constantFrom(
    'more',
    '__proto__',
    'constructor',
    'then',
    'priority',
    'due',
    'description',
    'at',
    'sentiment',
    'toString',
  ),
  value: fc.oneof({ arbitrary: fc.constantFrom(...PROVOCATIONS), weight: 4 }, fc.jsonValue({ maxDepth: 3 })),
});

/** Copies as JSON does, own `__proto__` and infinities included. */
function mutate(original: unknown, mutations: Mutation[]): unknown {
  const root = { data: structuredClone(original) };
  for (const { place, how, name, value } of mutations) {
    const places = placesIn(root);
    const [parent, key] = places[place % places.length]!;
    const copy = structuredClone(value);
    if (how === 'replace') define(parent, key, copy);
    else if (how === 'wrap') define(parent, key, [parent[key]]);
    else if (how === 'remove' && Array.isArray(parent)) parent.splice(Number(key), 1);
    else if (how === 'remove' && parent !== root) delete parent[key];
    else if (how === 'add' && isObject(parent[key])) define(parent[key], name, copy);
  }
  return root.data;
}

type Bag = Record<string, unknown>;

function isObject(value: unknown): value is Bag {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function define(parent: Bag, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

function placesIn(parent: object): [Bag, string][] {
  return Object.keys(parent).flatMap((key): [Bag, string][] => {
    const value = (parent as Bag)[key];
    return [[parent as Bag, key], ...(typeof value === 'object' && value !== null ? placesIn(value) : [])];
  });
}

const stock = new Ajv({ strict: false, validateFormats: false });
for (const [name, schema] of Object.entries(contractSchemas('published', '')))
  stock.addSchema({ ...schema, $id: name });

describe('class-validator on the classes, and ajv on the schemas made from them', () => {
  const types = Object.keys(EXAMPLES) as EventType[];

  it('come to the same verdict, message by message', () => {
    const verdicts = { valid: 0, invalid: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.nat(9),
        fc.array(mutation, { maxLength: 3 }),
        (type, which, mutations) => {
          const examples = EXAMPLES[type];
          const data = mutate(examples[which % examples.length]!.data, mutations);
          const problems = validatorFor(type)(data);
          const byClass = isValidByClass(EVENT_DATA[type], data);
          verdicts[byClass ? 'valid' : 'invalid'] += 1;
          expect({ type, data, valid: problems.length === 0, problems }).toEqual({
            type,
            data,
            valid: byClass,
            problems,
          });
          // The published schema says less, never other: it takes whatever is valid.
          if (byClass)
            expect([type, stock.validate(EVENT_DATA[type].name, data), stock.errors]).toEqual([
              type,
              true,
              null,
            ]);
        },
      ),
      { numRuns: 6000, seed: 20261120 },
    );
    // Were nearly all of one kind, the property would say little.
    expect(verdicts.valid).toBeGreaterThan(1000);
    expect(verdicts.invalid).toBeGreaterThan(1000);
  });

  /** The activities share one class, so one of them will do. */
  const provoked = types.filter((type) => !(type in TASK_ACTIVITIES) || type === 'task.created.v1');

  it.each(provoked)('come to the same verdict on %s with each of its places provoked', (type) => {
    for (const { data } of EXAMPLES[type]) {
      const places = placesIn({ data }).length;
      for (let place = 0; place < places; place += 1) {
        for (const value of [undefined, ...PROVOCATIONS]) {
          const how = value === undefined ? 'remove' : 'replace';
          const changed = mutate(data, [{ place, how, name: '', value }]);
          const valid = validatorFor(type)(changed).length === 0;
          if (valid !== isValidByClass(EVENT_DATA[type], changed))
            expect({ type, changed, valid }).toBe('the same verdict');
          if (valid && stock.validate(EVENT_DATA[type].name, changed) !== true)
            expect({ type, changed, errors: stock.errors }).toBe('accepted by the published schema');
        }
      }
    }
  });

  it.each(Object.entries(ENVELOPES))('come to the same verdict on %s', (_, of) => {
    const attributes = {
      specversion: '1.0',
      type: 'task.created.v1',
      ...EXAMPLES['task.created.v1'][0]!.attributes,
    };
    fc.assert(
      fc.property(fc.array(mutation, { maxLength: 2 }), (mutations) => {
        const changed = mutate(attributes, mutations);
        expect([changed, envelopeValidator(of)(changed).length === 0]).toEqual([
          changed,
          isValidByClass(of, changed),
        ]);
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});
