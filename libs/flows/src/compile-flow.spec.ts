import { compileFlow } from './compile-flow';
import { flowWith } from './flow.builder';

const problemsOf = (definition: unknown) => {
  const compiled = compileFlow(definition);
  return compiled.ok ? [] : compiled.problems;
};

describe('compileFlow', () => {
  it("takes the contract's example", () => {
    const definition = {
      id: 'failed-bookings',
      name: 'Call back failed bookings',
      on: { type: 'conversation.outcome.v1', channels: ['call', 'whatsapp'] },
      nodes: [
        {
          id: 'call-back',
          kind: 'create_task',
          when: "outcome.result == 'failure' && outcome.intent.startsWith('Reserve')",
          task: {
            type: 'follow_up',
            title: 'Call {{ conversation.customer.name }} back: {{ outcome.intent }}',
            description: '{{ outcome.summary }}',
            priority: {
              cel: "has(outcome.sentiment) && outcome.sentiment < -0.5 ? 'critical' : 'high'",
              default: 'medium',
            },
            assignee: {
              cel: "outcome.service.startsWith('Hotels') ? {'kind': 'team', 'id': 'hotels'} : {'kind': 'team', 'id': 'bookings'}",
            },
            due: { cel: "event.time + duration('4h')", default: { in: 'PT8H', calendar: 'support' } },
          },
        },
      ],
    };
    const compiled = compileFlow(definition);
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
    expect(compiled.flow.definition).toEqual(definition);
    expect(compiled.flow.definition).not.toBe(definition);
    expect(compiled.flow.matches('conversation.outcome.v1', 'call')).toBe(true);
    expect(compiled.flow.matches('conversation.outcome.v1', 'message')).toBe(false);
    expect(compiled.flow.matches('conversation.ended.v1', 'call')).toBe(false);
  });

  it('matches every channel when none is named', () => {
    const compiled = compileFlow(flowWith());
    expect(compiled.ok && compiled.flow.matches('conversation.outcome.v1', 'message')).toBe(true);
  });

  it.each([
    [{ description: null, assignee: null, due: null }],
    [{ assignee: { kind: 'agent', id: 'dana' }, due: { at: '2019-03-01T00:00:00+01:00' }, priority: 'low' }],
    [{ due: { in: 'P1M' } }],
    [{ due: { in: 'PT2H', calendar: 'office' } }],
    [{ due: { cel: "duration('1h')", default: null } }],
    [
      {
        due: {
          cel: "outcome.vip ? {'in': 'PT1H', 'calendar': 'office'} : {'in': 'PT8H', 'calendar': outcome.calendar}",
        },
      },
    ],
    [{ due: { cel: 'outcome.due' } }],
    [{ assignee: { cel: "outcome.vip ? dyn({'kind': 'agent', 'id': 'dana'}) : null", default: null } }],
    [{ assignee: { cel: "{'kind': outcome.kind, 'id': outcome.id}" } }],
    [
      {
        title: { cel: "'Call ' + outcome.name", default: 'Call' },
        type: { cel: "outcome.internal ? 'internal' : 'follow_up'" },
      },
    ],
  ])('takes the task %j', (task) => {
    expect(problemsOf(flowWith(task))).toEqual([]);
  });

  it.each<[unknown, string, RegExp]>([
    [null, '', /must be an object, got null/],
    [[], '', /must be an object/],
    ['x', '', /must be an object/],
    [{ ...flowWith(), nmae: 'x' }, 'nmae', /unknown field; known are id, name, on, nodes/],
    [{ ...flowWith(), id: '' }, 'id', /must not be empty/],
    [{ ...flowWith(), id: 'x'.repeat(129) }, 'id', /at most 128/],
    [{ ...flowWith(), id: 'a\nb' }, 'id', /printable/],
    [{ ...flowWith(), id: 5 }, 'id', /must be text, got 5/],
    [{ ...flowWith(), name: undefined }, 'name', /must be text, got nothing/],
    [{ ...flowWith(), name: 'a\ud800' }, 'name', /unpaired surrogate/],
    [{ ...flowWith(), on: undefined }, 'on', /must be an object/],
    [
      { ...flowWith(), on: { type: 'conversation.ended.v1' } },
      'on.type',
      /must be one of conversation\.outcome\.v1/,
    ],
    [
      { ...flowWith(), on: { type: 'conversation.outcome.v1', channel: ['call'] } },
      'on.channel',
      /unknown field/,
    ],
    [
      { ...flowWith(), on: { type: 'conversation.outcome.v1', channels: [] } },
      'on.channels',
      /must be a list/,
    ],
    [
      { ...flowWith(), on: { type: 'conversation.outcome.v1', channels: ['call', 'fax'] } },
      'on.channels[1]',
      /must be one of call, message, whatsapp, got "fax"/,
    ],
    [
      { ...flowWith(), on: { type: 'conversation.outcome.v1', channels: ['call', 'call'] } },
      'on.channels',
      /twice/,
    ],
    [{ ...flowWith(), nodes: [] }, 'nodes', /1 to 50/],
    [{ ...flowWith(), nodes: Array.from({ length: 51 }, () => ({})) }, 'nodes', /1 to 50/],
    [{ ...flowWith(), nodes: { 0: {} } }, 'nodes', /1 to 50/],
    [{ ...flowWith(), nodes: [5] }, 'nodes[0]', /must be an object/],
    [flowWith({}, { kind: 'create-task' }), 'nodes[0].kind', /must be one of create_task/],
    [flowWith({}, { wehn: 'true' }), 'nodes[0].wehn', /unknown field/],
    [flowWith({}, { when: true }), 'nodes[0].when', /must be text/],
    [flowWith({}, { when: 'outcome.a ==' }), 'nodes[0].when', /at character/],
    [flowWith({}, { when: "'true'" }), 'nodes[0].when', /must give true or false, gives string/],
    [flowWith({}, { when: 'outcome.a ? true : 1' }), 'nodes[0].when', /same type/],
    [flowWith({ titel: 'x' }), 'nodes[0].task.titel', /unknown field/],
    [flowWith({ type: undefined }), 'nodes[0].task.type', /must be one of follow_up, internal, got nothing/],
    [flowWith({ type: 'followup' }), 'nodes[0].task.type', /must be one of/],
    [flowWith({ title: undefined }), 'nodes[0].task.title', /must be text/],
    [flowWith({ title: 'x'.repeat(501) }), 'nodes[0].task.title', /at most 500/],
    [flowWith({ title: '{{ outcom.a }}' }), 'nodes[0].task.title', /no such variable/],
    [flowWith({ title: null }), 'nodes[0].task.title', /must be text, got null/],
    [flowWith({ description: '{{ a' }), 'nodes[0].task.description', /not closed/],
    [flowWith({ description: 5 }), 'nodes[0].task.description', /must be text or null/],
    [
      flowWith({ priority: 'urgent' }),
      'nodes[0].task.priority',
      /must be one of low, medium, high, critical, got "urgent"/,
    ],
    [flowWith({ priority: null }), 'nodes[0].task.priority', /got null/],
    [
      flowWith({ priority: { cel: "outcome.a ? 'high' : 'urgent'" } }),
      'nodes[0].task.priority.cel',
      /got "urgent"/,
    ],
    [
      flowWith({ priority: { cel: 'outcome.a > 1' } }),
      'nodes[0].task.priority.cel',
      /must give text, gives bool/,
    ],
    [flowWith({ priority: { cel: '1' } }), 'nodes[0].task.priority.cel', /gives int/],
    [
      flowWith({ priority: { cel: 'outcome.p', default: 'urgent' } }),
      'nodes[0].task.priority.default',
      /got "urgent"/,
    ],
    [
      flowWith({ priority: { cel: 'outcome.p', defalt: 'high' } }),
      'nodes[0].task.priority.defalt',
      /unknown field/,
    ],
    [flowWith({ priority: { cel: 5 } }), 'nodes[0].task.priority.cel', /must be text/],
    [flowWith({ priority: { default: 'high' } }), 'nodes[0].task.priority', /must be one of/],
    [flowWith({ assignee: 'dana' }), 'nodes[0].task.assignee', /must be \{"kind", "id"\}/],
    [
      flowWith({ assignee: { kind: 'agnet', id: 'dana' } }),
      'nodes[0].task.assignee',
      /kind must be one of agent, team/,
    ],
    [flowWith({ assignee: { kind: 'agent', id: '' } }), 'nodes[0].task.assignee', /id must not be empty/],
    [
      flowWith({ assignee: { kind: 'agent', id: 'a', name: 'b' } }),
      'nodes[0].task.assignee',
      /unknown field "name"/,
    ],
    [flowWith({ assignee: { cel: "'dana'" } }), 'nodes[0].task.assignee.cel', /must give a map/],
    [
      flowWith({ assignee: { cel: "{'kind': 'agnet', 'id': outcome.id}" } }),
      'nodes[0].task.assignee.cel',
      /got "agnet"/,
    ],
    [
      flowWith({ assignee: { cel: "{'kind': 'agent'}" } }),
      'nodes[0].task.assignee.cel',
      /must have kind and id; has kind/,
    ],
    [
      flowWith({
        assignee: { cel: "outcome.a ? {'kind': 'agent', 'id': 'a'} : {'knid': 'agent', 'id': 'b'}" },
      }),
      'nodes[0].task.assignee.cel',
      /has knid, id/,
    ],
    [flowWith({ due: 'PT4H' }), 'nodes[0].task.due', /must be \{"at"\} or \{"in"/],
    [flowWith({ due: {} }), 'nodes[0].task.due', /exactly one/],
    [flowWith({ due: { in: 'PT4H', at: '2019-03-01T00:00:00Z' } }), 'nodes[0].task.due', /exactly one/],
    [flowWith({ due: { in: 'PT4H', calender: 'x' } }), 'nodes[0].task.due', /unknown field "calender"/],
    [flowWith({ due: { in: '4h' } }), 'nodes[0].task.due', /ISO 8601/],
    [flowWith({ due: { in: '-PT4H' } }), 'nodes[0].task.due', /zero or more/],
    [
      flowWith({ due: { in: 'P1D', calendar: 'office' } }),
      'nodes[0].task.due',
      /only hours, minutes and seconds/,
    ],
    [flowWith({ due: { in: 'PT1H', calendar: '' } }), 'nodes[0].task.due', /"calendar" must not be empty/],
    [flowWith({ due: { at: '2019-02-30T00:00:00Z' } }), 'nodes[0].task.due', /real date/],
    [flowWith({ due: { at: '2019-03-01T00:00:00Z', calendar: 'x' } }), 'nodes[0].task.due', /goes with "in"/],
    [
      flowWith({ due: { cel: "'PT4H'" } }),
      'nodes[0].task.due.cel',
      /must give a timestamp, a duration or a map/,
    ],
    [flowWith({ due: { cel: "{'in': '4h'}" } }), 'nodes[0].task.due.cel', /ISO 8601/],
    [
      flowWith({ due: { cel: "{'after': 'PT4H'}" } }),
      'nodes[0].task.due.cel',
      /must have at, or in, or in and calendar/,
    ],
    [flowWith({ due: { cel: "duration('-4x')" } }), 'nodes[0].task.due.cel', /duration\(\) needs/],
    [flowWith({ due: { cel: "duration('1h')", default: 'PT4H' } }), 'nodes[0].task.due.default', /must be/],
  ])('refuses %j', (definition, path, message) => {
    expect(problemsOf(definition)).toEqual([{ path, message: expect.stringMatching(message) }]);
  });

  it('tells of all problems at once, with their paths', () => {
    const flow = flowWith({ title: '{{ x }}', priority: 'urgent' }, { id: undefined, when: '1' });
    expect(problemsOf({ ...flow, id: '' }).map(({ path }) => path)).toEqual([
      'id',
      'nodes[0].id',
      'nodes[0].when',
      'nodes[0].task.priority',
      'nodes[0].task.title',
    ]);
  });

  it('refuses two nodes of one id', () => {
    const [node] = flowWith().nodes as object[];
    expect(problemsOf({ ...flowWith(), nodes: [node, { ...node, when: 'true' }] })).toEqual([
      { path: 'nodes[1].id', message: 'is the id of another node: "n"' },
    ]);
  });
});
