import { aCopy, theRecord } from './letter.fixture';
import { byOrigin, idText, letterOf, messageOf, newerOf, originalOf, parseId } from './index';

describe('a dead letter', () => {
  it('says where its record was read, why it failed, when and how often', () => {
    const copy = aCopy(theRecord(17), { stage: 'decode', code: 'not_json', message: 'is not', attempt: 2 });
    expect(letterOf(copy)).toMatchObject({
      id: { topic: 'conversation-events.call', partition: 0, offset: '17' },
      stage: 'decode',
      code: 'not_json',
      message: 'is not',
      attempt: 2,
      copy: { partition: 0, offset: copy.offset },
    });
  });

  it('gives back its record byte for byte, with headers that it had under the names of those added', () => {
    const own = {
      'x-trace': [Buffer.from('a'), Buffer.from([0xff])],
      'errors.code': Buffer.from('its own'),
      'errors.at': [Buffer.from('one'), Buffer.from('two')],
      constructor: Buffer.from('an inherited name'),
      ['__proto__']: Buffer.from('another'),
    };
    const record = theRecord(5, { headers: own, key: Buffer.from([0, 1]), value: null });
    const original = originalOf(aCopy(record));
    expect({ ...original, timestamp: record.timestamp }).toEqual(record);
    expect(Object.entries(original.headers)).toEqual(Object.entries(own));
    // Published again, nothing is doubled.
    expect(originalOf(aCopy(original, { attempt: 2 })).headers).toEqual(original.headers);
  });

  it('is of the same record whichever copy it is, and of another one when anything of it differs', () => {
    const fingerprint = (record: ReturnType<typeof theRecord>): string =>
      letterOf(aCopy(record))!.fingerprint;
    const same = fingerprint(theRecord(5));
    expect(fingerprint({ ...theRecord(5), timestamp: '1' })).toBe(same);
    const others = [
      theRecord(5, { value: Buffer.from('other') }),
      theRecord(5, { key: null }),
      theRecord(5, { headers: { ce_id: Buffer.from('1') } }),
    ].map(fingerprint);
    expect(new Set([same, ...others]).size).toBe(4);
  });

  it('is nothing that somebody else put into its topic', () => {
    expect(letterOf(theRecord(1))).toBeNull();
    expect(letterOf(aCopy({ ...theRecord(1), offset: 'x' }))).toBeNull();
  });

  it('keeps a long reason whole with its copy and short by itself, never half a character', () => {
    const copy = aCopy(theRecord(1), { message: '☎'.repeat(200) });
    expect(messageOf(copy)).toBe('☎'.repeat(200));
    expect(letterOf(copy)!.message).toMatch(/^☎+…$/);
  });

  it('stands as its copy with the most failures says, else the later one', () => {
    const [first, second] = [1, 2].map((attempt) => letterOf(aCopy(theRecord(1), { attempt }))!);
    const reread = letterOf(aCopy(theRecord(1), { attempt: 1, code: 'other' }))!;
    expect(newerOf(second, reread)).toBe(second);
    expect(newerOf(first, reread)).toBe(reread);
    expect(newerOf(reread, first!)).toBe(reread);
  });

  it('has a name that can be pasted, in either form', () => {
    const id = { topic: 'conversation-events.call', partition: 3, offset: '9007199254740993' };
    expect(parseId(idText(id))).toEqual(id);
    expect(parseId('conversation-events.call/3/9007199254740993')).toEqual(id);
    for (const text of ['', 'call', 'call/3', 'call/x@1', 'call/3@-1', 'a b/3@1'])
      expect(parseId(text)).toBeUndefined();
  });

  it('comes in the order in which the records were read', () => {
    const at = (topic: string, partition: number, offset: string) => ({ id: { topic, partition, offset } });
    const order = [
      // People before the events that name them.
      at('workforce', 0, '7'),
      ...[at('a', 0, '9'), at('a', 0, '10'), at('a', 2, '1'), at('a', 10, '0'), at('b', 0, '0')],
    ];
    expect([...order].reverse().sort(byOrigin)).toEqual(order);
  });
});
