import { type RawRecord } from '#libs/processing';
import { sentenceOf } from './event.sentence';
import { recordAsJson } from './record.text';

const record = (value: object | string | null, headers: Record<string, string> = {}): RawRecord => ({
  topic: 'task-activity',
  partition: 3,
  offset: '17',
  key: Buffer.from('key-1'),
  value: value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  timestamp: '0',
});

describe('an event in one line', () => {
  test('given an activity, then when, what, which task, by whom and what changed', () => {
    const data = {
      conversationId: 'conv-1',
      actor: { kind: 'flow', id: 'callbacks' },
      changes: [
        { field: 'status', from: 'to_do', to: 'in_progress' },
        { field: 'assignee', from: null, to: { kind: 'team', id: 'risk' } },
      ],
    };
    const headers = {
      ce_specversion: '1.0',
      ce_type: 'task.x.v1',
      ce_subject: 'task-1',
      ce_time: '2026-03-01T10:00:00.000Z',
    };
    expect(sentenceOf(record(data, headers))).toBe(
      '2026-03-01T10:00:00.000Z  task.x.v1  task-1  in conv-1  by flow:callbacks  status to_do → in_progress, assignee team:risk',
    );
  });

  test('given a structured message, then who said what', () => {
    const data = { from: { kind: 'customer', id: 'c-1' }, text: 'Hello' };
    const event = { specversion: '1.0', type: 'conversation.message.v1', subject: 'conv-1', time: 'T', data };
    expect(sentenceOf(record(event))).toBe('T  conversation.message.v1  conv-1  by customer:c-1  "Hello"');
  });

  test('given a dead letter, then where it came from and why', () => {
    const headers = {
      topic: 't',
      partition: '1',
      offset: '2',
      stage: 'decode',
      code: 'not_json',
      message: 'no JSON',
      at: 'NOW',
    };
    const named = Object.fromEntries(Object.entries(headers).map(([name, text]) => [`errors.${name}`, text]));
    expect(sentenceOf(record('{', named))).toBe('NOW  decode not_json  t/1@2  key key-1  no JSON');
  });

  test('given a tombstone or nonsense, then it says so and does not throw', () => {
    expect(sentenceOf(record(null))).toBe('key-1 removed');
    expect(sentenceOf(record('nonsense'))).toContain('3/17 not a CloudEvent');
  });
});

describe('an event for machines', () => {
  test('given JSON, text and nothing, then the value is that; repeated headers are a list', () => {
    expect(recordAsJson(record({ a: 1 })).value).toEqual({ a: 1 });
    expect(recordAsJson(record('{half')).value).toBe('{half');
    expect(recordAsJson(record(null)).value).toBeNull();
    const twice = {
      ...record({}),
      headers: { h: [Buffer.from('1'), Buffer.from('2')], one: Buffer.from('x') },
    };
    expect(recordAsJson(twice)).toMatchObject({
      partition: 3,
      offset: '17',
      key: 'key-1',
      headers: { h: ['1', '2'], one: 'x' },
    });
  });
});
