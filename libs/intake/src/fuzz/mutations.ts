import { type RawRecord } from '#libs/processing';
import { type Random } from './random';

/** One way to change a record. Gives a new one; the one given stays as it is. */
type Mutation = (record: RawRecord, random: Random, other: RawRecord) => RawRecord;

/** What parsers, validators and databases have stumbled over, as JSON. */
const NASTY_JSON = [
  'null',
  'true',
  '0',
  '-0',
  '1e999',
  '-1e400',
  '1e-400',
  '9007199254740993',
  '9'.repeat(400),
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\ud83d\\ude00"',
  '"0000-01-01T00:00:00Z"',
  '"2026-02-30T00:00:00Z"',
  '"2026-06-30T23:59:60Z"',
  '"9999-12-31T23:59:59.999+14:00"',
  '"P99999999999Y"',
  '"PT1e3H"',
  '{}',
  '[]',
  '{"__proto__":{"x":1}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"a":1,"a":2}',
  '{"toString":null,"hasOwnProperty":1}',
  '[[[[[[[[[[]]]]]]]]]]',
  '['.repeat(70) + ']'.repeat(70),
  `"${'x'.repeat(501)}"`,
  `"${'é'.repeat(8_193)}"`,
  '"constructor"',
  '"__proto__"',
];
const NASTY_BYTES = [
  0x00, 0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d, 0x2c, 0x3a, 0x80, 0xc0, 0xed, 0xf5, 0xff, 0xef,
];
const NASTY_HEADERS = [
  '',
  'application/json; charset=latin1',
  'application/cloudevents-batch+json',
  '1.1',
  'ä\0',
  '🙂',
];

/** A JSON value's place in a text: a literal, a string, a whole object. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|\{\}|\[\]/g;

const changeToken: Mutation = (record, random) =>
  withText(record, (text) => {
    const tokens = [...text.matchAll(TOKEN)];
    if (tokens.length === 0) return text;
    const { 0: token, index } = random.pick(tokens);
    return text.slice(0, index) + random.pick(NASTY_JSON) + text.slice(index + token.length);
  });

const swapTokens: Mutation = (record, random) =>
  withText(record, (text) => {
    const tokens = [...text.matchAll(TOKEN)].map((match) => match[0]);
    if (tokens.length < 2) return text;
    const [a, b] = [random.pick(tokens), random.pick(tokens)];
    return text.replace(a, () => b);
  });

const dropMember: Mutation = (record, random) =>
  withText(record, (text) => {
    const members = [...text.matchAll(/"(?:[^"\\]|\\.)*":(?:"(?:[^"\\]|\\.)*"|[^,{}[\]]+),?/g)];
    if (members.length === 0) return text;
    const { 0: member, index } = random.pick(members);
    // Dropped, or there twice.
    return (
      text.slice(0, index) +
      (random.below(2) === 0 ? '' : member + member) +
      text.slice(index + member.length)
    );
  });

const changeByte: Mutation = (record, random) =>
  withBytes(record, (bytes) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0)
      copy[random.below(copy.length)] = random.below(2) ? random.pick(NASTY_BYTES) : random.below(256);
    return copy;
  });

const insertBytes: Mutation = (record, random) =>
  withBytes(record, (bytes) => {
    const at = random.below(bytes.length + 1);
    const more = Buffer.from(Array.from({ length: 1 + random.below(8) }, () => random.pick(NASTY_BYTES)));
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
  });

const cutBytes: Mutation = (record, random) =>
  withBytes(record, (bytes) => bytes.subarray(0, random.below(bytes.length + 1)));

const repeatBytes: Mutation = (record, random) =>
  withBytes(record, (bytes) => {
    const from = random.below(bytes.length + 1);
    const piece = bytes.subarray(from, from + random.below(200));
    const times = random.below(20) === 0 ? 2_000 : 1 + random.below(5);
    return Buffer.concat([
      bytes.subarray(0, from),
      ...Array.from({ length: times }, () => piece),
      bytes.subarray(from),
    ]);
  });

const splice: Mutation = (record, random, other) =>
  withBytes(record, (bytes) => {
    const theirs = other.value ?? Buffer.alloc(0);
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      theirs.subarray(random.below(theirs.length + 1)),
    ]);
  });

const anything: Mutation = (record, random) =>
  withBytes(record, () => Buffer.from(Array.from({ length: random.below(300) }, () => random.below(256))));

const noValue: Mutation = (record) => ({ ...record, value: null });

const changeHeader: Mutation = (record, random) => {
  const names = Object.keys(record.headers);
  if (names.length === 0) return record;
  const name = random.pick(names);
  const { [name]: own, ...others } = record.headers;
  switch (random.below(5)) {
    case 0:
      return { ...record, headers: others };
    case 1:
      return { ...record, headers: { ...others, [name]: Buffer.from(random.pick(NASTY_HEADERS)) } };
    case 2:
      return { ...record, headers: { ...others, [name]: Buffer.from([random.below(256), 0xff]) } };
    case 3:
      return {
        ...record,
        headers: {
          ...others,
          [name]: [own ?? null, Buffer.from(random.pick(NASTY_HEADERS))].flat() as Buffer[],
        },
      };
    default:
      return { ...record, headers: { ...others, [name.toUpperCase()]: own } };
  }
};

const takeHeaders: Mutation = (record, _random, other) => ({ ...record, headers: other.headers });

const changeTopic: Mutation = (record, random) => ({
  ...record,
  topic: random.pick([
    'conversation-events.call',
    'conversation-events.message',
    'conversation-events.whatsapp',
  ]),
});

const changeKey: Mutation = (record, random) => ({
  ...record,
  key: random.below(2) ? null : Buffer.from([random.below(256), random.below(256)]),
});

const MUTATIONS: readonly Mutation[] = [
  changeToken,
  changeToken,
  changeToken,
  swapTokens,
  dropMember,
  changeByte,
  changeByte,
  insertBytes,
  cutBytes,
  repeatBytes,
  splice,
  anything,
  noValue,
  changeHeader,
  changeHeader,
  takeHeaders,
  changeTopic,
  changeKey,
];

/** A record made of another by one change, or by up to four. */
export function mutate(record: RawRecord, random: Random, other: RawRecord): RawRecord {
  let changed = record;
  for (let changes = 1 + random.below(2) * random.below(4); changes > 0; changes -= 1) {
    changed = random.pick(MUTATIONS)(changed, random, other);
  }
  return changed;
}

function withBytes(record: RawRecord, change: (bytes: Buffer) => Buffer): RawRecord {
  return record.value === null ? record : { ...record, value: change(record.value) };
}

/** Latin-1 keeps every byte, whatever it is. */
function withText(record: RawRecord, change: (text: string) => string): RawRecord {
  return withBytes(record, (bytes) => Buffer.from(change(bytes.toString('latin1')), 'latin1'));
}
