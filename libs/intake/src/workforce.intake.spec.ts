import { EXAMPLES, type WorkforceEventType, WORKFORCE_EVENTS } from '#libs/contracts';
import { type RawRecord } from '#libs/processing';
import { createIntake } from './intake';
import { binaryRecord, exampleEvent, record, structuredRecord } from './testing/records';
import { parseWorkforceKey, workforceKey } from './workforce.key';

const { readWorkforce } = createIntake();

const on = (key: string | null): Partial<RawRecord> => ({
  topic: 'workforce',
  key: key === null ? null : Buffer.from(key),
});
const calendar = exampleEvent('workforce.calendar.v1');
const changed = (changes: object) =>
  structuredRecord(
    { ...calendar, data: { ...(calendar.data as object), ...changes } },
    on('demo/calendar:office'),
  );

describe('a workforce event', () => {
  it.each(Object.keys(WORKFORCE_EVENTS) as WorkforceEventType[])(
    '%s is the new whole of what its key names',
    (type) => {
      const { key, data, attributes } = EXAMPLES[type][0]!;
      const [, kind] = type.split('.');
      const { source, id, time } = attributes;
      const event = { source, id, time };
      const change = { tenantId: 'demo', kind, id: data['id'], body: data, event };
      expect(readWorkforce(structuredRecord(exampleEvent(type), on(key)))).toEqual({
        kind: 'change',
        change,
      });
      expect(readWorkforce(binaryRecord(exampleEvent(type), on(key)))).toEqual({ kind: 'change', change });
    },
  );

  it('without a tenant is the tenant default’s', () => {
    const raw = structuredRecord(
      exampleEvent('workforce.agent.v1', { tenantid: undefined }),
      on('default/agent:dana'),
    );
    expect(readWorkforce(raw)).toMatchObject({ kind: 'change', change: { tenantId: 'default', id: 'dana' } });
  });

  it('needs no more than the sample data has', () => {
    const data = { id: 'gus', name: 'Gus', availability: 'available', teams: ['risk'] };
    expect(
      readWorkforce(structuredRecord(exampleEvent('workforce.agent.v1', { data }), on('demo/agent:gus'))),
    ).toMatchObject({ kind: 'change' });
  });

  it('of an unknown type is skipped', () => {
    expect(
      readWorkforce(structuredRecord({ ...calendar, type: 'workforce.room.v1' }, on('demo/room:1'))),
    ).toEqual({ kind: 'skipped', type: 'workforce.room.v1' });
  });
});

describe('a tombstone', () => {
  it('removes what its key names, ids with slashes and colons among them', () => {
    expect(readWorkforce(record(on('demo/team:a/b:c')))).toEqual({
      kind: 'change',
      change: { tenantId: 'demo', kind: 'team', id: 'a/b:c', body: null, event: null },
    });
  });

  it.each([
    null,
    '',
    'demo',
    'demo/agent',
    'demo/agent:',
    '/agent:x',
    'demo/robot:x',
    'demo/constructor:x',
    'de mo/agent:x',
    `demo/agent:${'x'.repeat(129)}`,
    'demo/agent:a\nb',
  ])('with the key %j is a dead letter', (key) => {
    expect(readWorkforce(record(on(key)))).toMatchObject({
      kind: 'dead_letter',
      stage: 'validate',
      code: 'wrong_key',
    });
  });

  it('whose key is not UTF-8 is a dead letter', () => {
    expect(readWorkforce(record({ topic: 'workforce', key: Buffer.from([0xff]) }))).toMatchObject({
      kind: 'dead_letter',
      code: 'invalid_utf8',
    });
  });
});

describe('what is not a workforce event is a dead letter', () => {
  it.each<[string, RawRecord, string, string]>([
    ['a key of another tenant', structuredRecord(calendar, on('other/calendar:office')), 'wrong_key', 'key'],
    ['a key of another kind', structuredRecord(calendar, on('demo/team:office')), 'wrong_key', 'key'],
    ['a key of another id', structuredRecord(calendar, on('demo/calendar:support')), 'wrong_key', 'key'],
    ['no key', structuredRecord(calendar, on(null)), 'wrong_key', 'no key'],
    [
      'a conversation event',
      structuredRecord(exampleEvent('conversation.ended.v1'), on('demo/agent:x')),
      'wrong_topic',
      'conversation.ended.v1',
    ],
    [
      'a command',
      structuredRecord(exampleEvent('task.create.v1'), on('demo/agent:x')),
      'wrong_topic',
      'task.create.v1',
    ],
    [
      'a version to come',
      structuredRecord({ ...calendar, type: 'workforce.calendar.v2' }, on('demo/calendar:office')),
      'unsupported_version',
      'v2',
    ],
    [
      'an empty value',
      record({ ...on('demo/calendar:office'), value: Buffer.alloc(0) }),
      'not_json',
      'not JSON',
    ],
    [
      'no time',
      structuredRecord({ ...calendar, time: undefined as unknown as string }, on('demo/calendar:office')),
      'invalid_time',
      'time is required',
    ],
    [
      'an unknown zone',
      changed({ timezone: 'Mars/Base' }),
      'invalid_data',
      'data.timezone must be an IANA time zone',
    ],
    [
      'hours that are no pairs',
      changed({ hours: { tue: [['09:00']] } }),
      'invalid_data',
      'data.hours.tue must be',
    ],
    [
      'a misspelt day',
      changed({ hours: { monday: [] } }),
      'invalid_data',
      'data.hours must have no keys but mon',
    ],
    [
      'a span of no length',
      changed({ hours: { mon: [['09:00', '09:00']] } }),
      'invalid_data',
      'data.hours.mon must be',
    ],
    ['a day that is null', changed({ hours: { mon: null } }), 'invalid_data', 'data.hours.mon must be'],
    [
      'a holiday that is not real',
      changed({ holidays: ['2026-02-30'] }),
      'invalid_data',
      'data.holidays must be',
    ],
    [
      'a number beyond a double',
      {
        ...changed({}),
        value: Buffer.from(changed({ more: 0 }).value!.toString().replace('"more":0', '"more":1e999')),
      },
      'invalid_number',
      'data.more',
    ],
  ])('%s', (_, raw, code, part) => {
    const result = readWorkforce(raw);
    expect(result).toMatchObject({ kind: 'dead_letter', code });
    expect((result as { message: string }).message).toContain(part);
  });
});

describe('workforceKey', () => {
  it('is read back as it was written', () => {
    const key = { tenantId: 'a.b', kind: 'policy' as const, id: 'x/y:z' };
    expect(parseWorkforceKey(workforceKey(key))).toEqual(key);
  });
});
