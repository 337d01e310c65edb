import * as fc from 'fast-check';
import { compileFlow } from './compile-flow';
import { evaluateFlow, type FlowDirectory } from './evaluate-flow';
import { FLOW_PRIORITIES, FLOW_TASK_TYPES } from './flow-definition';
import { lengthOf } from './json-shape';
import { directory, flowVariables, flowWith } from './flow.builder';

const compile = (definition: unknown) => {
  const compiled = compileFlow(definition);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.flow;
};
/** What one node with such a task makes of an outcome. */
const run = (task: object, outcome: Record<string, unknown> = {}, people: Partial<FlowDirectory> = {}) => {
  const results = evaluateFlow(compile(flowWith(task)), flowVariables({ outcome }), directory(people));
  expect(results).toHaveLength(1);
  return results[0]!;
};

describe('a node', () => {
  it('makes the task its literals say', () => {
    const task = {
      priority: 'high',
      assignee: { kind: 'agent', id: 'dana' },
      due: { in: 'PT4H' },
      description: 'Text',
    };
    expect(run(task)).toEqual({
      node: 'n',
      matched: true,
      task: {
        type: 'follow_up',
        priority: 'high',
        title: 'A title',
        description: 'Text',
        assignee: { kind: 'agent', id: 'dana' },
        dueAt: '2019-03-01T05:02:03.456Z',
      },
      inputs: {},
      warnings: [],
      size: 13,
    });
  });

  it('makes a medium task for nobody, without due date and description, when nothing else is said', () => {
    expect(run({})).toMatchObject({
      task: { priority: 'medium', assignee: null, dueAt: null, description: null },
      warnings: [],
    });
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ['outcome.turns > 16', { turns: 17 }, true],
    ['outcome.turns > 16', { turns: 16 }, false],
    ['outcome.flag', { flag: true }, true],
  ])('with when: %s of %j', (when, outcome, matched) => {
    const results = evaluateFlow(compile(flowWith({}, { when })), flowVariables({ outcome }), directory());
    expect(results.map(({ task }) => task !== undefined)).toEqual(matched ? [true] : []);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['outcome.turns > 16', {}, 'when: no such key: turns; taken as false'],
    ['outcome.flag', { flag: 'yes' }, 'when: must be true or false, got "yes"; taken as false'],
    [
      'outcome.items.all(a, outcome.items.all(b, true))',
      { items: Array(5_000).fill(1) },
      'when: the expression costs too much on this event; taken as false',
    ],
  ])('whose when: %s cannot be evaluated makes nothing, and says so', (when, outcome, warning) => {
    const [result] = evaluateFlow(compile(flowWith({}, { when })), flowVariables({ outcome }), directory());
    expect(result).toMatchObject({ node: 'n', matched: false });
    expect(result!.task).toBeUndefined();
    expect(result!.warnings[0]).toBe(warning);
  });
});

describe('a missing input never loses a task', () => {
  it.each<[object, object, string]>([
    [
      { priority: { cel: "outcome.turns > 3 ? 'high' : 'low'", default: 'medium' } },
      { priority: 'medium' },
      'priority: no such key: turns; used the default "medium"',
    ],
    [
      { priority: { cel: "outcome.turns > 3 ? 'high' : 'low'", default: 'low' } },
      { priority: 'low' },
      'priority: no such key: turns; used the default "low"',
    ],
    [
      { priority: { cel: 'outcome.p' } },
      { priority: 'medium' },
      'priority: no such key: p; used the default "medium"',
    ],
    [
      { type: { cel: 'outcome.t', default: 'internal' } },
      { type: 'internal' },
      'type: no such key: t; used the default "internal"',
    ],
    [{ type: { cel: 'outcome.t' } }, { type: 'follow_up' }, 'type: no such key: t; used "follow_up"'],
    [
      { title: 'Call {{ outcome.name }}' },
      { title: 'The flow' },
      "title: undefined variable: outcome.name; used the flow's name",
    ],
    [
      { title: { cel: 'outcome.name', default: 'Call' } },
      { title: 'Call' },
      'title: no such key: name; used the default "Call"',
    ],
    [
      { description: '{{ outcome.summary }}' },
      { description: null },
      'description: undefined variable: outcome.summary; no description',
    ],
    [
      { description: { cel: 'outcome.s', default: 'D' } },
      { description: 'D' },
      'description: no such key: s; used the default "D"',
    ],
    [{ assignee: { cel: 'outcome.a' } }, { assignee: null }, 'assignee: no such key: a; assigned to nobody'],
    [
      { assignee: { cel: 'outcome.a', default: { kind: 'team', id: 'bookings' } } },
      { assignee: { kind: 'team', id: 'bookings' } },
      'assignee: no such key: a; used the default {"kind":"team","id":"bookings"}',
    ],
    [{ due: { cel: 'outcome.d' } }, { dueAt: null }, 'due: no such key: d; no due date'],
    [
      { due: { cel: 'outcome.d', default: { in: 'PT4H' } } },
      { dueAt: '2019-03-01T05:02:03.456Z' },
      'due: no such key: d; used the default {"in":"PT4H"}',
    ],
    [
      { due: { cel: 'outcome.d', default: { in: 'PT4H', calendar: 'x' } } },
      { dueAt: null },
      'due: no such key: d; the default: no such calendar: "x"; no due date',
    ],
    [{ due: { in: 'PT4H', calendar: 'x' } }, { dueAt: null }, 'due: no such calendar: "x"; no due date'],
  ])('%j makes %j', (task, expected, warning) => {
    expect(run(task)).toMatchObject({ task: expected, warnings: [warning] });
  });

  it.each<[object, Record<string, unknown>, object, RegExp]>([
    [
      { priority: { cel: 'outcome.p', default: 'low' } },
      { p: 'urgent' },
      { priority: 'low' },
      /^priority: must be one of .*, got "urgent"; used the default "low"/,
    ],
    [{ priority: { cel: 'outcome.p' } }, { p: 5 }, { priority: 'medium' }, /got 5/],
    [
      { title: { cel: 'outcome.n' } },
      { n: 5 },
      { title: 'The flow' },
      /must be text, got 5; used the flow's name/,
    ],
    [
      { title: '{{ outcome.n }}' },
      { n: '  ' },
      { title: 'The flow' },
      /^title: is empty; used the flow's name/,
    ],
    [{ due: { cel: 'outcome.d' } }, { d: { in: '4 hours' } }, { dueAt: null }, /^due: "in" must be/],
    [{ due: { cel: 'outcome.d' } }, { d: 5 }, { dueAt: null }, /^due: must be/],
    [{ due: { cel: 'duration(outcome.d)' } }, { d: '-1h' }, { dueAt: null }, /must not be negative/],
    [
      { due: { cel: 'event.time + duration(outcome.d)' } },
      { d: '99999999h' },
      { dueAt: null },
      /outside 1970–9999/,
    ],
    [
      { due: { cel: 'event.time + duration(outcome.d)' } },
      { d: '999999999999h' },
      { dueAt: null },
      /outside 1970–9999/,
    ],
    [
      { due: { cel: "timestamp(outcome.d + 'T00:00:00Z')" } },
      { d: '2019-02-30' },
      { dueAt: null },
      /real date/,
    ],
    [
      { assignee: { cel: 'outcome.a' } },
      { a: 'dana' },
      { assignee: null },
      /must be \{"kind", "id"\}, got "dana"/,
    ],
    [
      { assignee: { cel: "{'kind': 'team', 'id': outcome.a}" } },
      { a: 'nobody' },
      { assignee: null },
      /^assignee: no such team: nobody; assigned to nobody/,
    ],
    [
      { assignee: { cel: "{'kind': 'team', 'id': outcome.a}" } },
      { a: 5 },
      { assignee: null },
      /id must be text, got 5/,
    ],
  ])('%j of %j makes %j', (task, outcome, expected, warning) => {
    expect(run(task, outcome)).toMatchObject({ task: expected, warnings: [expect.stringMatching(warning)] });
  });

  it('takes null for nobody, no date and no description, without a warning', () => {
    const task = {
      assignee: { cel: 'outcome.x' },
      due: { cel: 'outcome.x' },
      description: { cel: 'outcome.x' },
    };
    expect(run(task, { x: null })).toMatchObject({
      task: { assignee: null, dueAt: null, description: null },
      warnings: [],
    });
  });
});

describe('an unknown assignee', () => {
  const assignee = { kind: 'agent', id: 'gone' };

  it("goes to the field's default", () => {
    const result = run({
      assignee: { cel: "{'kind': 'agent', 'id': 'gone'}", default: { kind: 'agent', id: 'dana' } },
    });
    expect(result.task!.assignee).toEqual({ kind: 'agent', id: 'dana' });
  });

  it("else to the tenant's default team", () => {
    expect(run({ assignee }, {}, { defaultTeam: 'bookings' })).toMatchObject({
      task: { assignee: { kind: 'team', id: 'bookings' } },
      warnings: ['assignee: no such agent: gone; used the default team "bookings"'],
    });
  });

  it('else to nobody, also when the default team is unknown', () => {
    expect(run({ assignee }, {}, { defaultTeam: 'gone' }).task!.assignee).toBeNull();
  });

  it('does not bring the default team to a task that was meant for nobody', () => {
    expect(run({}, {}, { defaultTeam: 'bookings' })).toMatchObject({
      task: { assignee: null },
      warnings: [],
    });
  });
});

describe('due', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["event.time + duration('4h')", {}, '2019-03-01T05:02:03.456Z'],
    ["duration('90s')", {}, '2019-03-01T01:03:33.456Z'],
    ["duration('0.5ms')", {}, '2019-03-01T01:02:03.456Z'],
    [
      "timestamp(outcome.day + 'T09:00:00Z') - duration('24h')",
      { day: '2019-03-07' },
      '2019-03-06T09:00:00.000Z',
    ],
    ["{'at': outcome.at}", { at: '2019-03-01T01:00:00+01:00' }, '2019-03-01T00:00:00.000Z'],
    ["{'in': 'PT4H'}", {}, '2019-03-01T05:02:03.456Z'],
    ['outcome.due', { due: { in: 'PT4H' } }, '2019-03-01T05:02:03.456Z'],
  ])('%s of %j is %s', (cel, outcome, dueAt) => {
    expect(run({ due: { cel } }, outcome)).toMatchObject({ task: { dueAt }, warnings: [] });
  });
});

describe('texts', () => {
  it('cuts a title by characters, never through one, and says so', () => {
    const result = run({ title: '{{ outcome.t }}' }, { t: '📞'.repeat(501) });
    expect(result.task!.title).toBe(`${'📞'.repeat(499)}…`);
    expect(result.warnings).toEqual(['title: cut to 500 characters']);
    expect(run({ title: '{{ outcome.t }}' }, { t: '📞'.repeat(500) }).warnings).toEqual([]);
  });

  it('cuts a description by bytes, never through a character, and says so', () => {
    const result = run({ description: '{{ outcome.t }}' }, { t: 'é'.repeat(8_193) });
    expect(result.task!.description).toBe(`${'é'.repeat(8_190)}…`);
    expect(result.warnings).toEqual(['description: cut to 16384 bytes']);
    expect(run({ description: '{{ outcome.t }}' }, { t: 'é'.repeat(8_192) }).warnings).toEqual([]);
  });

  it('makes what an expression cut in half whole', () => {
    expect(run({ title: { cel: 'outcome.t.substring(0, 3)' } }, { t: 'ab📞' }).task!.title).toBe('ab\uFFFD');
    expect(run({ title: { cel: "'a\\u0000b'" } }).task!.title).toBe('ab');
  });

  it('trims a title and takes a blank description for none', () => {
    const result = run({ title: ' {{ outcome.t }}\n', description: '{{ outcome.b }} ' }, { t: 'x', b: ' ' });
    expect(result.task).toMatchObject({ title: 'x', description: null });
  });
});

describe('inputs', () => {
  it('are what the node looked at, by path, with what is missing left out', () => {
    const task = {
      title: 'Call {{ conversation.customer.name }}',
      priority: { cel: "has(outcome.sentiment) && outcome.sentiment < 0.0 ? 'high' : 'low'" },
      due: { cel: "event.time + duration('4h')" },
    };
    const flow = compile(flowWith(task, { when: "outcome.turns > 3 && outcome.slots['a b'] == 'x'" }));
    const variables = flowVariables({ outcome: { turns: 8, slots: { 'a b': 'x' }, other: 'y' } });
    expect(evaluateFlow(flow, variables, directory())[0]!.inputs).toEqual({
      'outcome.turns': 8,
      'outcome.slots["a b"]': 'x',
      'conversation.customer.name': 'Ada',
      'event.time': '2019-03-01T01:02:03.456Z',
    });
  });

  it('are cut at 32 KiB, the largest first, with a warning', () => {
    const task = {
      title: 't',
      description: '{{ outcome.text }}{{ outcome.list | join: "" }}{{ outcome.small }}',
    };
    const outcome = { text: 'x'.repeat(40_000), list: Array(20_000).fill('y'), small: 'z' };
    const result = run(task, outcome);
    expect(result.inputs).toEqual({ 'outcome.text': `${'x'.repeat(999)}…`, 'outcome.small': 'z' });
    expect(result.warnings).toEqual([
      'description: cut to 16384 bytes',
      'inputs: outcome.list was left out, over 32 KiB in all',
      'inputs: outcome.text was cut, over 32 KiB in all',
    ]);
  });
});

describe('whatever an outcome holds', () => {
  const everything = compile({
    ...flowWith(),
    nodes: [
      {
        id: 'a',
        kind: 'create_task',
        task: {
          type: { cel: 'outcome.a' },
          title: '{{ outcome.a }}{{ outcome.b.c | upcase | truncate: 700 }}{{ outcome[outcome.a] }}',
          description:
            '{{ outcome.b | default: "x" | join: "," }}{% if outcome.a == outcome.b %}{{ outcome.c }}{% endif %}',
          priority: { cel: 'outcome.b.c' },
          assignee: { cel: 'outcome.a' },
          due: { cel: 'outcome.b' },
        },
      },
      {
        id: 'b',
        kind: 'create_task',
        when: 'outcome.a == outcome.b || outcome.a.exists(x, x == outcome.c) || size(outcome.b) > 1 || !has(outcome.a.b)',
        task: {
          type: 'internal',
          title: { cel: 'outcome.a.substring(0, 3) + string(outcome.b)' },
          description: { cel: "[outcome.a, outcome.b].map(x, x + x).join('')" },
          priority: { cel: "outcome.a > 1 ? 'high' : 'low'" },
          assignee: { cel: "{'kind': outcome.a, 'id': outcome.b}" },
          due: { cel: 'event.time + duration(outcome.a)', default: { in: 'PT4H' } },
        },
      },
      {
        id: 'c',
        kind: 'create_task',
        when: 'outcome != {}',
        task: {
          type: 'internal',
          title: { cel: 'outcome.a + outcome.b' },
          due: { cel: 'timestamp(outcome.a)', default: { in: 'PT4H' } },
          assignee: { cel: 'outcome' },
        },
      },
    ],
  });
  const odd = fc.constantFrom<fc.JsonValue>(
    '__proto__',
    'constructor',
    'now',
    '2019-02-30T00:00:00Z',
    '-1h',
    1e308,
    -0,
    {},
    [],
    null,
    { in: 'PT4H' },
    { kind: 'team', id: 'bookings' },
    '📞'.repeat(400),
  );
  const json = fc.oneof(odd, fc.jsonValue({ maxDepth: 5 }));
  const key = fc.constantFrom('a', 'b', 'c', 'constructor', '__proto__', 'toString', 'length');
  const outcomes = fc
    .array(fc.tuple(key, fc.oneof(json, fc.array(fc.tuple(key, json)).map(objectOf))))
    .map((entries) => objectOf(entries) as Record<string, unknown>);

  it('nothing is thrown, and what is made are tasks that can be stored', () => {
    fc.assert(
      fc.property(outcomes, (outcome) => {
        const before = JSON.stringify(outcome);
        const results = evaluateFlow(everything, flowVariables({ outcome }), directory());
        expect(JSON.stringify(outcome)).toBe(before);
        expect(results.some(({ node }) => node === 'a')).toBe(true);
        for (const { task, ...rest } of results) {
          // No BigInt, Date or Map leaks out: JSON gives the same back (apart from -0).
          expect(JSON.parse(JSON.stringify(rest.warnings))).toEqual(rest.warnings);
          JSON.stringify(rest.inputs);
          if (!task) continue;
          expect(JSON.parse(JSON.stringify(task))).toEqual(task);
          expect(FLOW_TASK_TYPES).toContain(task.type);
          expect(FLOW_PRIORITIES).toContain(task.priority);
          expect(lengthOf(task.title)).toBeGreaterThan(0);
          expect(lengthOf(task.title)).toBeLessThanOrEqual(500);
          expect(`${task.title}${task.description ?? ''}`).not.toMatch(/\0|\p{Surrogate}/u);
          expect(task.dueAt ?? '2019-03-01T05:02:03.456Z').toMatch(
            /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
          );
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('the same variables give the same results', () => {
    fc.assert(
      fc.property(outcomes, (outcome) => {
        const variables = flowVariables({ outcome });
        const again = JSON.parse(JSON.stringify(variables)) as typeof variables;
        expect(evaluateFlow(everything, again, directory())).toEqual(
          evaluateFlow(everything, variables, directory()),
        );
      }),
    );
  });
});

/** As JSON.parse makes it: `__proto__` is a field like any other. */
function objectOf(entries: [string, unknown][]): Record<string, unknown> {
  const text = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
  return JSON.parse(`{${text}}`) as Record<string, unknown>;
}
