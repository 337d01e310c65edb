import { celContextOf } from './cel-context';
import { compileCel } from './cel-expression';
import { compileFlow } from './compile-flow';
import { EventBudget } from './event-budget';
import { evaluateFlow } from './evaluate-flow';
import { inputsOf } from './flow-inputs';
import { directory, flowVariables, flowWith } from './flow.builder';
import { shown } from './json-shape';
import { compileTemplate } from './text-template';

/** Each of these takes minutes, or gigabytes, where nothing bounds it. Generous: the machine may do much else. */
const BOUND_MS = 4_000;

function withinBound<T>(work: () => T): T {
  const since = Date.now();
  const result = work();
  expect(Date.now() - since).toBeLessThan(BOUND_MS);
  return result;
}

const compile = (definition: unknown) => {
  const compiled = compileFlow(definition);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.flow;
};
const evaluate = (cel: string, outcome: Record<string, unknown>) => {
  const compiled = compileCel(cel);
  if (!compiled.ok) throw new Error(compiled.problem);
  return withinBound(() => compiled.expression.evaluate(celContextOf(flowVariables({ outcome }))));
};
const render = (template: string, outcome: Record<string, unknown>) => {
  const compiled = compileTemplate(template);
  if (!compiled.ok) throw new Error(compiled.problem);
  return withinBound(() => compiled.template.render(flowVariables({ outcome })));
};

const text = 'a'.repeat(250_000);
const words = Array<string>(60_000).fill('x');
const objects = Array.from({ length: 25_000 }, (_, a) => ({ a }));
const tooMuch = { ok: false, problem: expect.stringMatching(/costs too much|memory alloc limit/) };

describe('an expression cannot be made to run for long', () => {
  it.each<[string, string, Record<string, unknown>]>([
    ['text joined to gigabytes', 'outcome.words.join(outcome.text)', { words, text }],
    ['text taken apart again and again', "outcome.words.map(w, outcome.text.split(''))", { words, text }],
    [
      'JSON read again and again',
      'outcome.words.map(w, bytes(outcome.text).json())',
      { words, text: '[[]]' },
    ],
    ['one large JSON', 'bytes(outcome.text).json()', { text: `[${'[],'.repeat(80_000)}[]]` }],
    ['characters counted again and again', 'outcome.words.map(w, size(outcome.text))', { words, text }],
    [
      'letters made small again and again',
      'outcome.words.map(w, outcome.text.lowerAscii())',
      { words, text },
    ],
    [
      'a pattern looked for everywhere',
      'outcome.text.contains(outcome.pattern)',
      { text, pattern: `${text.slice(0, 125_000)}b` },
    ],
    [
      'zones that do not exist',
      'outcome.zones.exists(z, event.time.getHours(z) == 1)',
      { zones: words.map((_, i) => `Mars/Crater_${i}`) },
    ],
  ])('by %s', (_, cel, outcome) => {
    expect(evaluate(cel, outcome)).toEqual(tooMuch);
  });

  it('nor its result: a list that holds itself twice, forty levels deep, is shown by its beginning', () => {
    const cel = `[[1]${'.map(a, [a, a])'.repeat(40)}, 1][0]`;
    const task = { priority: { cel }, assignee: { cel }, due: { cel }, type: { cel }, title: { cel } };
    const flow = compile(flowWith({ ...task, description: { cel } }, { when: cel }));
    expect(withinBound(() => evaluateFlow(flow, flowVariables(), directory()))).toMatchObject([
      {
        matched: false,
        warnings: [expect.stringMatching(/^when: must be true or false, got \[\[\[.*…; taken as false$/)],
      },
    ]);
    const [result] = withinBound(() => evaluateFlow(compile(flowWith(task)), flowVariables(), directory()));
    expect(result!.task).toMatchObject({
      priority: 'medium',
      title: 'The flow',
      dueAt: null,
      assignee: null,
    });
    expect(result!.warnings).toHaveLength(5);
  });

  it('whatever the case of its zones, they are the same few', () => {
    const name = 'America/Argentina/Buenos_Aires';
    const spelled = (n: number) =>
      [...name].map((c, i) => ((n >> i) & 1 ? c.toUpperCase() : c.toLowerCase())).join('');
    const zones = Array.from({ length: 90 }, (_, n) => spelled(n));
    expect(evaluate('outcome.zones.all(z, event.time.getHours(z) == 22)', { zones })).toEqual({
      ok: true,
      value: true,
    });
  });
});

describe('a template cannot be made to run for long', () => {
  it.each<[string, string, Record<string, unknown>]>([
    ['one text a thousand times', '{{ outcome.text }}'.repeat(900), { text }],
    ['names of days', '{{ event.time | date: "%A %B" }}'.repeat(400), {}],
    ['lists sorted', '{% assign x = outcome.objects | sort: "a" %}'.repeat(300), { objects }],
    ['lists filtered', '{% assign x = outcome.objects | where: "a", 1 %}'.repeat(300), { objects }],
    [
      'lists compared',
      '{% if outcome.objects == outcome.same %}{% endif %}'.repeat(300),
      { objects, same: [...objects] },
    ],
    [
      'lists searched',
      '{% if outcome.objects contains outcome.objects %}{% endif %}'.repeat(200),
      { objects },
    ],
    [
      'a path of a thousand steps for each item',
      '{{ outcome.objects | map: outcome.path | size }}',
      { objects, path: 'a.'.repeat(60_000) },
    ],
    ['text taken apart', '{% assign x = outcome.text | split: "" %}'.repeat(300), { text }],
    ['words counted', '{{ outcome.text | truncatewords: 3 }}'.repeat(300), { text: 'a '.repeat(120_000) }],
    [
      'a pattern looked for everywhere',
      '{{ outcome.text | replace: outcome.pattern, "" }}',
      { text, pattern: `${text.slice(0, 125_000)}b` },
    ],
    [
      'a pattern looked for in a condition',
      '{% if outcome.text contains outcome.pattern %}{% endif %}',
      { text, pattern: `${text.slice(0, 125_000)}b` },
    ],
    ['numbers counted', '{{ (1..1999999) | size }}', {}],
  ])('by %s', (_, template, outcome) => {
    expect(render(template, outcome)).toEqual(tooMuch);
  });

  it('by a format of a thousand days: a format has a length', () => {
    expect(render('{{ event.time | date: outcome.format }}', { format: '%A'.repeat(120_000) })).toEqual({
      ok: false,
      problem: "a date's format must have at most 100 characters",
    });
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['blanks at the end', '{{ outcome.text | rstrip | size }}', { text: `a${' '.repeat(249_000)}b` }],
    [
      'blanks between words',
      '{{ outcome.text | truncatewords: 5 | size }}',
      { text: `a${' '.repeat(249_000)}b` },
    ],
    ['half line ends', '{{ outcome.text | strip_newlines | size }}', { text: '\r'.repeat(249_000) }],
  ])('by %s, which is read once and is fine', (_, template, outcome) => {
    expect(render(template, outcome)).toMatchObject({ ok: true });
  });

  it('leaves room for what people write', () => {
    const items = Array.from({ length: 300 }, (_, i) => ({ name: `item ${i}`, price: 300 - i }));
    const template =
      '{{ outcome.items | sort: "price" | map: "name" | join: ", " | truncate: 60 }} {{ event.time | date: "%A, %d %B %Y, %H:%M", "Europe/Berlin" }}';
    expect(render(template, { items })).toMatchObject({
      ok: true,
      value: expect.stringMatching(/^item 299.*Friday, 01 March 2019, 02:02$/),
    });
  });
});

describe('the flows of a tenant together', () => {
  /** Spends all that an expression may, and more. */
  const costly = 'outcome.items.all(a, outcome.items.all(b, true))';
  const node = (id: string, task: object, when?: string) => ({
    ...(flowWith(task, { id, ...(when === undefined ? {} : { when }) }).nodes as object[])[0]!,
  });
  const flow = (...nodes: object[]) => compile({ ...flowWith(), nodes });
  const variables = flowVariables({ outcome: { items: Array(5_000).fill(1), name: 'Ada' } });

  it('spend no more on an event than their budget, and what each node has of its own', () => {
    const hostile = flow(
      ...Array.from({ length: 50 }, (_, i) => node(`n${i}`, { title: { cel: `${costly} ? 'a' : 'b'` } })),
    );
    const budget = new EventBudget();
    const results = Array.from({ length: 10 }, () =>
      evaluateFlow(hostile, variables, directory(), budget),
    ).flat();
    expect(results).toHaveLength(500);
    expect(budget.spent).toBeLessThanOrEqual(500_000 + 500 * 5_000);
    for (const { task, warnings } of results) {
      expect(task).toMatchObject({ title: 'The flow', priority: 'medium' });
      expect(warnings[0]).toMatch(
        /^title: the (expression costs|flows together cost) too much on this event; used the flow's name$/,
      );
    }
  });

  it('leave every node its share, however much others spend before it', () => {
    const budget = new EventBudget();
    const hostile = flow(...Array.from({ length: 50 }, (_, i) => node(`n${i}`, {}, costly)));
    for (let i = 0; i < 3; i++) evaluateFlow(hostile, variables, directory(), budget);
    const healthy = flow(
      node(
        'healthy',
        { title: 'Call {{ outcome.name }} back', due: { in: 'PT4H' } },
        "outcome.name.startsWith('A')",
      ),
    );
    expect(evaluateFlow(healthy, variables, directory(), budget)).toMatchObject([
      { task: { title: 'Call Ada back', dueAt: '2019-03-01T05:02:03.456Z' }, warnings: [] },
    ]);
  });
});

describe('inputs', () => {
  it('of thousands of paths are cut in one go, and the warnings do not outgrow the task', () => {
    const outcome = Object.fromEntries(Array.from({ length: 6_000 }, (_, i) => [`k${i}`, 'x'.repeat(20)]));
    const paths = Object.keys(outcome).map((key) => ['outcome', key]);
    const { inputs, warnings } = withinBound(() => inputsOf(paths, flowVariables({ outcome })));
    expect(Buffer.byteLength(JSON.stringify(inputs))).toBeLessThanOrEqual(32 * 1024);
    expect(Object.keys(inputs).length).toBeGreaterThan(500);
    expect(warnings).toHaveLength(11);
    expect(warnings[10]).toMatch(/^inputs: \d+ more were cut or left out, over 32 KiB in all$/);
  });

  it('of the same large value by many paths are left out once the budget is spent', () => {
    let value: unknown = text;
    for (let i = 0; i < 60; i++) value = { a: value };
    const paths = Array.from({ length: 60 }, (_, i) => ['outcome', ...Array<string>(i).fill('a')]);
    const variables = flowVariables({ outcome: { a: value } });
    const budget = new EventBudget(20_000).node();
    const { warnings } = withinBound(() => inputsOf(paths, variables, budget));
    expect(warnings[0]).toMatch(/^inputs: \d+ were left out, the flows together cost too much/);
  });
});

describe('shown', () => {
  it.each([
    [[1, 'a', null, undefined, true, 2n, { a: undefined, b: [] }], '[1,"a",null,null,true,2,{"b":[]}]'],
    [{ a: { b: 'c' } }, '{"a":{"b":"c"}}'],
    ['x'.repeat(81), `"${'x'.repeat(79)}…`],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [NaN, 'null'],
    [undefined, 'nothing'],
  ])('of %p is as JSON has it', (value, expected) => {
    expect(shown(value)).toBe(expected);
  });
});
