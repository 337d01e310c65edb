import { type Consumer } from 'kafkajs';
import { type DeadLetter, DeadLetterRefused, type RawRecord } from '#libs/processing';
import { DEAD_LETTER_TOPIC, KafkaDeadLetters } from './dead-letter.producer';
import { MemoryLogger, readFromStart, testKafka, until, uniquePrefix } from './messaging.fixture';
import { NULL_HEADER } from './null-header';
import { rawRecordOf } from './raw-record.reader';
import { ensureTopics } from './topic.admin';

const kafka = testKafka();
const prefix = uniquePrefix();
const AT = '2026-11-22T10:00:00.000Z';
const letters = new KafkaDeadLetters(
  kafka,
  { topicPrefix: prefix, now: () => new Date(AT) },
  new MemoryLogger(),
);
const arrived: RawRecord[] = [];
/** Partitions and offsets of all that ever arrived: a reader that joins again may bring them twice. */
const known = new Set<string>();
let reader: Consumer;

beforeAll(async () => {
  const config = { 'max.message.bytes': String(8 * 1024 * 1024 + 64 * 1024) };
  await ensureTopics(kafka, prefix, [{ name: DEAD_LETTER_TOPIC, partitions: 5, config }]);
  reader = await readFromStart(kafka, prefix + DEAD_LETTER_TOPIC, ({ partition, message }) => {
    const place = `${partition}/${message.offset}`;
    if (!known.has(place)) arrived.push(rawRecordOf(DEAD_LETTER_TOPIC, partition, message));
    known.add(place);
  });
});
afterAll(async () => {
  await letters.disconnect();
  await reader.disconnect();
});
beforeEach(() => arrived.splice(0));

const record = (changes: Partial<RawRecord>): RawRecord => ({
  topic: 'conversation-events.call',
  partition: 3,
  offset: '9007199254740993',
  key: Buffer.from('key'),
  value: Buffer.from('value'),
  headers: {},
  timestamp: '1700000000000',
  ...changes,
});
const letter = (changes: Partial<RawRecord>, message = 'not JSON'): DeadLetter => ({
  record: record(changes),
  stage: 'decode',
  code: 'invalid_json',
  message,
  attempt: 1,
});

async function published(...sent: DeadLetter[]): Promise<RawRecord[]> {
  await letters.publish(sent);
  await until(() => arrived.length >= sent.length);
  return arrived;
}

const own = (headers: RawRecord['headers']) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('errors.')));

describe('KafkaDeadLetters', () => {
  it('given bytes of every kind, then key, value and headers arrive byte for byte', async () => {
    const everyByte = Buffer.from([...Array(256).keys()]);
    const headers = {
      binary: everyByte,
      empty: Buffer.alloc(0),
      twice: [Buffer.from('first'), everyByte],
      'naïve ☎': Buffer.from([0xff, 0xfe]),
      constructor: Buffer.from('an inherited name'),
      ['__proto__']: Buffer.from('another'),
    };
    const [back] = await published(letter({ key: everyByte, value: everyByte, headers }));

    expect(back!.key!.equals(everyByte)).toBe(true);
    expect(back!.value!.equals(everyByte)).toBe(true);
    expect(Object.entries(own(back!.headers))).toEqual(Object.entries(headers));
  });

  it('given nulls, then they arrive as nulls, those of headers too', async () => {
    const headers = { none: NULL_HEADER, some: [Buffer.from('x'), NULL_HEADER, Buffer.from('y')] };
    const [back] = await published(letter({ value: null, headers }));

    expect(back!.value).toBeNull();
    expect(back!.headers['none']).toBe(NULL_HEADER);
    const some = back!.headers['some'] as Buffer[];
    expect([String(some[0]), some[1] === NULL_HEADER, String(some[2])]).toEqual(['x', true, 'y']);
  });

  it('given a letter, then its headers say what was wrong with which record, and when', async () => {
    const [back] = await published(letter({}));

    expect(Object.fromEntries(Object.entries(back!.headers).map(([k, v]) => [k, String(v)]))).toEqual({
      'errors.topic': 'conversation-events.call',
      'errors.partition': '3',
      'errors.offset': '9007199254740993',
      'errors.stage': 'decode',
      'errors.code': 'invalid_json',
      'errors.message': 'not JSON',
      'errors.at': AT,
      'errors.attempt': '1',
    });
  });

  it('given a dead letter that failed again, then its old headers stay and the new ones come last', async () => {
    const [back] = await published(letter({ headers: { 'errors.code': Buffer.from('older') } }));

    expect((back!.headers['errors.code'] as Buffer[]).map(String)).toEqual(['older', 'invalid_json']);
  });

  it('given a message of any length, then it is cut within a character to leave room for the record', async () => {
    const [back] = await published(letter({}, '☎'.repeat(100_000)));
    const message = String(back!.headers['errors.message']);

    expect(message).toMatch(/^☎+$/);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(16 * 1024);
    expect(Buffer.byteLength(message)).toBeGreaterThan(16 * 1024 - 4);
  });

  it("given a key, then Java's partitioner chooses; given none, then the record's own partition does", async () => {
    // murmur2('21') = -973932308 and murmur2('foobar') = -790332482, from the tests of Kafka's own client.
    const hash = (murmur2: number) => (murmur2 & 0x7fffffff) % 5;
    await published(
      letter({ key: Buffer.from('21') }),
      letter({ key: Buffer.from('foobar') }),
      letter({ key: null, partition: 8 }),
    );
    const byKey = new Map(
      arrived.map(({ key, partition }) => [key === null ? null : String(key), partition]),
    );

    expect(byKey).toEqual(
      new Map<string | null, number>([
        ['21', hash(-973932308)],
        ['foobar', hash(-790332482)],
        [null, 3],
      ]),
    );
  });

  it('given a record at the inputs’ limit, or one that only fitted compressed, then it is taken', async () => {
    const full = Buffer.alloc(8 * 1024 * 1024 - 100, Buffer.from([...Array(251).keys()]));
    const unpacked = Buffer.alloc(20 * 1024 * 1024, 'conversation ');
    const back = await published(letter({ value: full }), letter({ value: unpacked }));
    const sizes = back.map(({ value }) => value!.length).sort((a, b) => a - b);

    expect(sizes).toEqual([full.length, unpacked.length]);
  });
});

it('says so, and does not wait, when the broker will never take a letter', async () => {
  const small = uniquePrefix();
  await ensureTopics(kafka, small, [
    { name: DEAD_LETTER_TOPIC, partitions: 1, config: { 'max.message.bytes': '1000' } },
  ]);
  const refused = new KafkaDeadLetters(kafka, { topicPrefix: small }, new MemoryLogger());
  try {
    const publishing = refused.publish([letter({ value: Buffer.alloc(2_000, 'x') })]);
    await expect(publishing).rejects.toThrow(DeadLetterRefused);
    await expect(publishing).rejects.toThrow(
      /conversation-events\.call\/3\/9007199254740993: MESSAGE_TOO_LARGE/,
    );
  } finally {
    await refused.disconnect();
  }
});
