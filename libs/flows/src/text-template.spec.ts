import { pathText } from './flow-variables';
import { flowVariables } from './flow.builder';
import { compileTemplate } from './text-template';

const render = (source: string, outcome: Record<string, unknown> = {}) => {
  const compiled = compileTemplate(source);
  if (!compiled.ok) throw new Error(compiled.problem);
  return compiled.template.render(flowVariables({ outcome }));
};

describe('a template', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['Call {{ conversation.customer.name }} back', {}, 'Call Ada back'],
    ['{{ outcome.slots.a }} & <b>', { slots: { a: '<i>"x"</i>' } }, '<i>"x"</i> & <b>'],
    ['{{ outcome.n }} {{ outcome.yes }}', { n: 1.5, yes: false }, '1.5 false'],
    ['{{ outcome.a | default: "none" }}', {}, 'none'],
    ['{% if outcome.a %}a{% else %}b{% endif %}', {}, 'b'],
    ['{{ outcome.items | map: "name" | join: ", " }}', { items: [{ name: 'x' }, { name: 'y' }] }, 'x, y'],
    ['{{ event.time | date: "%d.%m.%Y %H:%M" }}', {}, '01.03.2019 01:02'],
    ['{{ event.time | date: "%H:%M", "Europe/Berlin" }}', {}, '02:02'],
    ['{{ outcome.day | date: "%d %B %Y" }}', { day: '2019-03-01' }, '01 March 2019'],
    ['{{ outcome["odd name"] }}', { 'odd name': 'x' }, 'x'],
    ['{{ outcome.slots[outcome.key] }}', { slots: { a: 'x' }, key: 'a' }, 'x'],
  ])('%s of %j gives %j', (source, outcome, expected) => {
    expect(render(source, outcome)).toEqual({ ok: true, value: expected });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['{{ outcome.summary }}', {}, 'undefined variable: outcome.summary'],
    ['{{ outcome.summary }}', { summary: null }, 'no value for outcome.summary'],
    ['{{ outcome.slots }}', { slots: {} }, 'an object cannot be printed; name one of its members'],
    ['{{ outcome.items }}', { items: [1] }, 'a list cannot be printed; use join'],
    ['{{ outcome.toString }}', {}, 'undefined variable: outcome.toString'],
    ['{{ outcome.d | date: "%Y" }}', { d: 'now' }, 'not a date: "now"'],
    ['{{ outcome.d | date: "%Y" }}', { d: 'today' }, 'not a date: "today"'],
    ['{{ outcome.d | date: "%Y" }}', { d: '2019-02-30' }, 'not a date: "2019-02-30"'],
    [
      '{{ outcome.d | replace: "a", outcome.e }}',
      { d: 'a'.repeat(50_000), e: 'b'.repeat(50_000) },
      'memory alloc limit exceeded',
    ],
    [
      `{% assign x = outcome.d %}${'{% assign x = x | append: x %}'.repeat(40)}{{ x }}`,
      { d: 'a' },
      'memory alloc limit exceeded',
    ],
    ['{{ (1..1000000000) | join: "" }}', {}, 'memory alloc limit exceeded'],
  ])('%s of a given outcome is a problem', (source, outcome, problem) => {
    expect(render(source, outcome)).toEqual({ ok: false, problem });
  });

  it.each<[string, string, RegExp]>([
    ['an open tag', '{{ outcome.a', /not closed/],
    ['an open block', '{% if outcome.a %}x', /not closed/],
    ['an unknown filter', '{{ outcome.a | upcaze }}', /undefined filter: upcaze/],
    ['an unknown variable', '{{ outcom.a }}', /no such variable: outcom;/],
    ['a misspelt member', '{{ conversation.custmer.name }}', /no such member: conversation\.custmer;/],
    ['a member of a text', '{{ conversation.id.x }}', /conversation\.id has no members/],
    ['a whole variable', '{{ event }}', /event is an object/],
    ['a loop', '{% for a in outcome.items %}x{% endfor %}', /tag "for" not found/],
    ['another file', '{% include "x" %}', /tag "include" not found/],
    ['chance', '{{ outcome.items | sample }}', /undefined filter: sample/],
    ['expressions at run time', '{{ outcome.items | where_exp: "a", "a.b" }}', /undefined filter: where_exp/],
    ['the present time', '{{ "now" | date: "%Y" }}', /no present time/],
    ['nothing', ' ', /must not be empty/],
    ['too much', 'x'.repeat(16_385), /at most 16384 characters/],
  ])('saving refuses %s', (_, source, problem) => {
    expect(compileTemplate(source)).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });

  it('knows the paths it looks at, but not its own names', () => {
    const compiled = compileTemplate(
      '{% assign x = outcome.a.b %}{{ x }}{{ outcome.s[outcome.k] }}{% if conversation.customer.name == "x" %}{{ event.id | append: outcome.z }}{% endif %}',
    );
    if (!compiled.ok) throw new Error(compiled.problem);
    expect([...new Set(compiled.template.paths.map(pathText))].sort()).toEqual([
      'conversation.customer.name',
      'event.id',
      'outcome.a.b',
      'outcome.k',
      'outcome.s',
      'outcome.z',
    ]);
  });
});
