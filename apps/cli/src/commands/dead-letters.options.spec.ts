import { operationFilter, pastTime } from './dead-letters.options';

const ID = { topic: 'conversation-events.call', partition: 0, offset: '1' };

describe('which dead letters are meant', () => {
  test('has to be said: by name, by a filter, or all', () => {
    expect(operationFilter([ID], {})).toEqual({ ids: [ID] });
    expect(operationFilter([], { code: 'not_json' })).toMatchObject({ code: 'not_json' });
    expect(operationFilter([], { all: true })).toEqual({});
    expect(() => operationFilter([], {})).toThrow('not said which');
    expect(() => operationFilter([ID], { all: true })).toThrow('named, and a filter');
    expect(() => operationFilter([ID], { topic: 't' })).toThrow('named, and a filter');
  });

  test('since when is a time, or so long ago', () => {
    expect(pastTime('2026-11-25T09:00:00+01:00')).toBe('2026-11-25T08:00:00.000Z');
    const ago = Date.now() - Date.parse(pastTime('2h'));
    // The wall clock may be set back a little meanwhile.
    expect(ago).toBeGreaterThanOrEqual(7_199_000);
    expect(ago).toBeLessThan(7_260_000);
    for (const text of ['yesterday', '7', '2026', '2x']) expect(() => pastTime(text)).toThrow('It must be');
  });
});
