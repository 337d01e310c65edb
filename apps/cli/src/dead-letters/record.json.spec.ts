import { recordFromJson, recordToJson } from './record.json';

const HEADERS = {
  text: Buffer.from('naïve ☎'),
  bytes: Buffer.from([0xff, 0]),
  twice: [Buffer.from('1'), Buffer.from([0xfe])],
};

describe('a record as JSON', () => {
  test.each<[string, Buffer | null]>([
    ['no value', null],
    ['bytes that are not UTF-8', Buffer.from([0xc3, 0x28, 0])],
    ['a byte order mark', Buffer.from('\ufeff{"a":1}')],
    ['text that is not JSON', Buffer.from('{"a":\u0000')],
    ['JSON that is no object', Buffer.from('[1,2]')],
    ['a key that is there twice', Buffer.from('{"a":1,"a":2}')],
    ['a number that a double rounds', Buffer.from('{"a":9007199254740993,"b":1e999}')],
    ['an escape written otherwise', Buffer.from('{"a":"\\u00e9"}')],
    ['an object that looks like our own bytes', Buffer.from('{"base64":"AAAA"}')],
    ['an object', Buffer.from('{"specversion":"1.0","__proto__":{"a":[null,"\\u0000"]}}')],
    ['a value longer than anybody edits', Buffer.from(`{"a":"${'x'.repeat(300_000)}"}`)],
  ])('given %s, then it comes back byte for byte', (_, value) => {
    const record = { key: Buffer.from([0, 0xff]), headers: HEADERS, value };
    const written = JSON.stringify(recordToJson(record));
    expect(recordFromJson(JSON.parse(written))).toEqual(record);
  });

  test('has an object’s fields to be edited, whatever space was between them', () => {
    const value = Buffer.from('{ "data": { "title": "a  b" } }\n');
    expect(recordToJson({ key: null, headers: {}, value })).toEqual({
      key: null,
      headers: {},
      value: { data: { title: 'a  b' } },
    });
  });

  test.each<[unknown, string]>([
    [undefined, 'record must be'],
    [{ key: 'k', headers: {} }, 'record.value is missing'],
    [{ value: 7 }, 'record.value must be'],
    [{ value: null, headers: [] }, 'record.headers must be'],
    [{ value: null, headers: { h: { a: 1 } } }, 'record.headers.h must be'],
    [{ value: null, key: 3 }, 'record.key must be'],
  ])('given %j, then it names what is wrong', (json, problem) => {
    expect(() => recordFromJson(json)).toThrow(problem);
  });
});
