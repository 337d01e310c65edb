import { celContextOf } from './cel-context';
import { compileCel } from './cel-expression';
import { pathText } from './flow-variables';
import { flowVariables } from './flow.builder';

const run = (cel: string, outcome: Record<string, unknown> = {}) => {
  const compiled = compileCel(cel);
  if (!compiled.ok) throw new Error(compiled.problem);
  return compiled.expression.evaluate(celContextOf(flowVariables({ outcome })));
};
const value = (cel: string, outcome?: Record<string, unknown>) => {
  const result = run(cel, outcome);
  if (!result.ok) throw new Error(result.problem);
  return result.value;
};
const problemOf = (cel: string) => {
  const compiled = compileCel(cel);
  return compiled.ok ? null : compiled.problem;
};

describe('an expression', () => {
  it.each<[string, Record<string, unknown>, unknown]>([
    ['outcome.turns > 16', { turns: 17 }, true],
    ['outcome.turns > 16', { turns: 16 }, false],
    ['outcome.turns == 17', { turns: 17 }, true],
    ['outcome.turns in [16, 17]', { turns: 17 }, true],
    ['outcome.turns + 1.0 > 17.5', { turns: 17 }, true],
    ['int(outcome.turns) + 1 == 18', { turns: 17 }, true],
    ['outcome.sentiment < -0.5', { sentiment: -0.6 }, true],
    ["outcome.intent.startsWith('Book')", { intent: 'BookHouse' }, true],
    ['has(outcome.sentiment) && outcome.sentiment < 0.0', {}, false],
    ['outcome.a == null', { a: null }, true],
    ["outcome.slots['odd name'] == 'x'", { slots: { 'odd name': 'x' } }, true],
    ['outcome.items.exists(i, i.price > 10)', { items: [{ price: 5 }, { price: 11 }] }, true],
    ['outcome.items[1] == 2', { items: [1, 2] }, true],
    ['has(conversation.customer) && conversation.customer.name == "Ada"', {}, true],
    [
      "outcome.constructor == 'Acme' && outcome.a.constructor.b == 1",
      { constructor: 'Acme', a: { constructor: { b: 1 } } },
      true,
    ],
    ["event.time.getHours('Europe/Berlin') == 2 && event.time.getDayOfWeek() == 5", {}, true],
  ])('%s of %j is %p', (cel, outcome, expected) => {
    expect(value(cel, outcome)).toBe(expected);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['outcome.turns > 16', {}, 'no such key: turns'],
    ['outcome.slots.date == "x"', { slots: {} }, 'no such key: date'],
    ['outcome.slots.date == "x"', { slots: null }, 'no such key: date'],
    ['outcome.turns > 16', { turns: '17' }, 'no such overload: dyn<string> > int'],
    ['conversation.endedAt > event.time', {}, 'no such key: endedAt'],
  ])('%s of %j cannot be evaluated', (cel, outcome, problem) => {
    expect(run(cel, outcome)).toEqual({ ok: false, problem });
  });

  it('sees no inherited property', () => {
    expect(run('outcome.toString == 1')).toEqual({ ok: false, problem: 'no such key: toString' });
    expect(run('outcome.__proto__ == 1')).toEqual({ ok: false, problem: 'no such key: __proto__' });
  });
});

describe('saving refuses', () => {
  it.each<[string, string, RegExp]>([
    ['bad syntax', 'outcome.a ==', /unexpected token.*\(at character 13\)/],
    ['nothing', '  ', /must not be empty/],
    ['an unknown variable', 'outcom.a == 1', /unknown variable: outcom \(at character 1\)/],
    ['a misspelt member of event', 'event.tim == event.time', /no such key: tim/],
    ['a misspelt member of conversation', "conversation.chanel == 'call'", /no such key: chanel/],
    ['a misspelt member of customer', "conversation.customer.nmae == 'x'", /no such key: nmae/],
    [
      'a misspelt member inside has()',
      'has(conversation.custmer.name)',
      /no such member: conversation\.custmer;/,
    ],
    ['a misspelt member by index', "conversation['chanel'] == 'call'", /no such key: chanel/],
    ['an unknown function', 'now() > event.time', /no matching overload for 'now\(\)'/],
    ['a misspelt method', "outcome.intent.startWith('x')", /startWith/],
    ['types that do not go together', "event.time > 'x'", /no such overload/],
    ['a comparison of text and number', 'event.id == 5', /no such overload/],
    ['an int added to a number of the outcome', 'outcome.turns + 1 > 2', /doubles.*write 1\.0/],
    ['a pattern', "outcome.a.matches('(a+)+$')", /matches\(\) is not available/],
    ['cel.bind', 'cel.bind(x, 1, x == 1)', /cel\.bind\(\) is not available/],
    [
      'a macro that hides a variable',
      'outcome.items.all(event, event.id == 1)',
      /event is a variable already/,
    ],
    ['a date that does not exist', "timestamp('2019-02-30T00:00:00Z') < event.time", /real date/],
    ['a time without an offset', "timestamp('2019-02-28T00:00:00.0') < event.time", /offset/],
    ['a duration that is none', "event.time + duration('4 hours') > event.time", /duration\(\) needs/],
    [
      'a time zone that does not exist',
      "event.time.getHours('Europe/Berlon') > 4",
      /no such time zone: Europe\/Berlon/,
    ],
    ['a long expression', `outcome.a == '${'x'.repeat(4_096)}'`, /at most 4096 characters/],
    ['a deep expression', `${'('.repeat(60)}true${')'.repeat(60)}`, /maxDepth/],
    ['a wide expression', `outcome.a in [${'1,'.repeat(600)}1]`, /maxListElements/],
    ['U+0000', "outcome.a == '\0'", /U\+0000/],
  ])('%s', (_, cel, problem) => {
    expect(problemOf(cel)).toMatch(problem);
  });
});

describe('times are the same on every machine', () => {
  it.each([
    "timestamp(outcome.t) > timestamp('2000-01-01T00:00:00Z')",
    'duration(outcome.t) > duration("1s")',
  ])('%s: text that JavaScript or the library would take is a problem', (cel) => {
    for (const t of [
      '2019-02-30T00:00:00Z',
      '2019-03-01T10:00:00.00',
      'Mar 1 2019 10:00:00 GMT',
      '4',
      '1.5.5h',
      '',
    ]) {
      expect(run(cel, { t })).toMatchObject({ ok: false, problem: expect.stringContaining('needs') });
    }
  });

  it.each([
    ['event.time.getDayOfYear()', 59n],
    ["event.time.getDayOfYear('Pacific/Kiritimati')", 59n],
    ["event.time.getDate('America/New_York')", 28n],
    ['event.time.getDayOfMonth()', 0n],
    ['event.time.getMonth()', 2n],
    ['event.time.getFullYear()', 2019n],
    ["timestamp('2019-07-01T00:00:00Z').getDayOfYear()", 181n],
  ])('%s is %s', (cel, expected) => {
    // The event's time is 2019-03-01T01:02:03.456Z.
    expect(value(cel)).toBe(expected);
  });
});

describe('an evaluation is bounded', () => {
  // Small enough that each of these would end, with another result, without the meter.
  const items = Array.from({ length: 1_000 }, (_, i) => i);
  const text = 'a'.repeat(20_000);
  const tooMuch = { ok: false, problem: 'the expression costs too much on this event' };

  it.each([
    ['loops in loops', 'outcome.items.all(a, outcome.items.all(b, b >= 0))'],
    ['loops whose errors are swallowed', 'outcome.items.exists(a, outcome.items.exists(b, b.x == 1))'],
    ['an answer after the budget is spent', 'outcome.items.all(a, outcome.items.all(b, b >= 0)) || true'],
    ['text that doubles', `[outcome.text]${'.map(a, a + a)'.repeat(10)}.size() > 0`],
    ['lists that double', `[outcome.items]${'.map(a, a + a)'.repeat(12)}.size() > 0`],
    ['backward searches', 'outcome.text.lastIndexOf(outcome.pattern) > 0'],
    ['comparisons of everything with everything', 'outcome.items.all(a, outcome.items == outcome.same)'],
    ['clocks of the world', "outcome.items.all(a, event.time.getHours('Europe/Berlin') == 2)"],
  ])('%s', (_, cel) => {
    expect(run(cel, { items, same: [...items], text, pattern: `b${text.slice(0, 10_000)}` })).toEqual(
      tooMuch,
    );
  });

  it("keeps long texts from the library's duration pattern, which takes n³ steps for n digits", () => {
    expect(run('duration(outcome.text) > duration("1s")', { text: '9'.repeat(300) })).toEqual({
      ok: false,
      problem: expect.stringContaining('needs'),
    });
  });

  it('leaves room for ordinary loops, and starts afresh each time', () => {
    const cel = 'outcome.items.exists(i, i == 999.0) && outcome.items.all(i, i >= 0)';
    const compiled = compileCel(cel);
    if (!compiled.ok) throw new Error(compiled.problem);
    const context = celContextOf(flowVariables({ outcome: { items: [...items, ...items] } }));
    for (let i = 0; i < 20; i++)
      expect(compiled.expression.evaluate(context)).toEqual({ ok: true, value: true });
  });
});

describe('the paths an expression looks at', () => {
  it.each<[string, string[]]>([
    ['outcome.turns > 16', ['outcome.turns']],
    ["outcome.slots['odd name'] == outcome.list[0].x", ['outcome.slots["odd name"]', 'outcome.list[0].x']],
    [
      'has(outcome.a.b) && event.time > conversation.startedAt',
      ['outcome.a.b', 'event.time', 'conversation.startedAt'],
    ],
    ['outcome.slots[outcome.key].x == 1', ['outcome.key', 'outcome.slots']],
    ['outcome.items.exists(i, i.price > outcome.limit)', ['outcome.items', 'outcome.limit']],
    ['outcome.items.filter(i, i.a == 1).map(i, i.b).size() > 1', ['outcome.items']],
    [
      "outcome.a ? 'x' == outcome.b : outcome.c.d.e.startsWith(outcome.f)",
      ['outcome.a', 'outcome.b', 'outcome.c.d.e', 'outcome.f'],
    ],
    ["{'k': outcome.x}.k == [outcome.y][0]", ['outcome.x', 'outcome.y']],
    ['!outcome.a || -outcome.b < 1.0', ['outcome.a', 'outcome.b']],
  ])('%s', (cel, paths) => {
    const compiled = compileCel(cel);
    if (!compiled.ok) throw new Error(compiled.problem);
    expect(compiled.expression.paths.map(pathText)).toEqual(paths);
  });
});
