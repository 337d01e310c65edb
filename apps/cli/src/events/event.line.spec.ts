import { Readable } from 'node:stream';
import { BadLineError, parseEventLine } from './event.line';
import { readEventLines } from './events.file';

describe('a line of an events file', () => {
  test('given topic, key, headers and an event, then it is all of that', () => {
    const text = '{"topic":"workforce","key":"k","headers":{"a":"1","b":["2","3"]},"value":{"id":"x"}}';
    expect(parseEventLine(text, 3)).toEqual({
      number: 3,
      topic: 'workforce',
      key: 'k',
      headers: { a: '1', b: ['2', '3'] },
      value: { id: 'x' },
    });
  });

  test.each([
    ['{"topic":"t","key":null,"value":null}', { key: null, value: null, headers: {} }],
    ['{"topic":"t","value":"not JSON {"}', { key: null, value: 'not JSON {' }],
  ])('given %s, then tombstones, text and missing keys are as written', (text, expected) => {
    expect(parseEventLine(text, 1)).toMatchObject(expected);
  });

  test('given an empty line, then it is none', () => {
    expect(parseEventLine('  ', 1)).toBeNull();
  });

  test.each([
    ['{', 'it'],
    ['[]', 'it'],
    ['{"key":"k","value":{}}', 'topic'],
    ['{"topic":"a b","value":{}}', 'topic'],
    ['{"topic":"t","key":7,"value":{}}', 'key'],
    ['{"topic":"t","key":"k"}', 'value'],
    ['{"topic":"t","key":"k","value":[1]}', 'value'],
    ['{"topic":"t","key":"k","value":5}', 'value'],
    ['{"topic":"t","key":"k","value":{},"headers":[]}', 'headers'],
    ['{"topic":"t","key":"k","value":{},"headers":{"h":1}}', 'headers.h'],
  ])('given %s, then line and field are named', (text, field) => {
    const parse = (): unknown => parseEventLine(text, 41);
    expect(parse).toThrow(BadLineError);
    expect(parse).toThrow(new RegExp(`^line 41: ${field} `));
  });

  test('given a stream with a bad third line, then two come and the third is named', async () => {
    const lines: number[] = [];
    const good = '{"topic":"t","key":"k","value":{}}';
    const read = async (): Promise<void> => {
      for await (const { number } of readEventLines(
        Readable.from([`${good}\n${good}\r\nnonsense\n${good}\n`]),
      )) {
        lines.push(number);
      }
    };
    await expect(read()).rejects.toThrow('line 3: it is not JSON');
    expect(lines).toEqual([1, 2]);
  });

  test('given a stream that breaks, then reading fails and does not end as if that were all', async () => {
    const broken = new Readable({ read() {} });
    broken.push('{"topic":"t","key":"k","value":{}}\n');
    setImmediate(() => broken.destroy(new Error('unexpected end of file')));
    const read = async (): Promise<void> => {
      for await (const _ of readEventLines(broken));
    };
    await expect(read()).rejects.toThrow('unexpected end of file');
  });
});
