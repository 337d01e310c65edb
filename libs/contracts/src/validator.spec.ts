import { EVENT_DATA, type EventType } from './event-types';
import { EXAMPLES } from './examples';
import { validatorFor } from './validator';

const create = EXAMPLES['task.create.v1'][0]!.data;
const agent = EXAMPLES['workforce.agent.v1'][0]!.data;
const calendar = EXAMPLES['workforce.calendar.v1'][0]!.data;
const policy = EXAMPLES['workforce.policy.v1'][0]!.data;
const outcome = EXAMPLES['conversation.outcome.v1'][0]!.data;

const messagesFor = (type: EventType, data: unknown) =>
  validatorFor(type)(data).map(({ message }) => message);

describe('validatorFor', () => {
  it.each(Object.keys(EVENT_DATA) as EventType[])('accepts the examples of %s', (type) => {
    for (const { data } of EXAMPLES[type]) expect(messagesFor(type, data)).toEqual([]);
  });

  it.each<[string, EventType, unknown, string]>([
    [
      'an unknown enum value',
      'task.create.v1',
      { ...create, priority: 'urgent' },
      'data.priority must be one of low, medium, high, critical',
    ],
    ['a wrong type', 'task.create.v1', { ...create, title: 7 }, 'data.title must be 1 to 500 characters'],
    ['a missing field', 'conversation.ended.v1', { channel: 'call' }, 'data.reason is required'],
    [
      'null where it means nothing',
      'conversation.ended.v1',
      { channel: 'call', reason: null },
      'data.reason must be a string',
    ],
    ['no object', 'task.create.v1', [], 'data must be an object'],
    [
      'a field of a nested object',
      'task.create.v1',
      { ...create, actor: { kind: 'system', id: 'x' } },
      'data.actor.kind must be one of agent, ai_agent, service',
    ],
    ['a nested list', 'task.create.v1', { ...create, assignee: [] }, 'data.assignee must be an object'],
    [
      'a title of 501',
      'task.create.v1',
      { ...create, title: '😀'.repeat(501) },
      'data.title must be 1 to 500 characters',
    ],
    [
      '16 KiB and a byte',
      'task.create.v1',
      { ...create, description: `x${'é'.repeat(8192)}` },
      'data.description must be text of at most 16384 bytes in UTF-8',
    ],
    [
      'two forms of due',
      'task.create.v1',
      { ...create, due: { at: '2026-11-20T00:00:00Z', in: 'PT1H' } },
      'data.due must be one of {"at"}, {"in"} and {"in","calendar"}',
    ],
    [
      '30 February',
      'task.create.v1',
      { ...create, due: { at: '2026-02-30T00:00:00Z' } },
      'data.due.at must be an RFC 3339 date-time with a real date in 1970–9999',
    ],
    [
      'no duration',
      'task.create.v1',
      { ...create, due: { in: '8h' } },
      'data.due.in must be an ISO 8601 duration such as PT8H or P1D',
    ],
    ['no UUID', 'task.start.v1', { taskId: '1', actor: create['actor'] }, 'data.taskId must be a UUID'],
    [
      'an absent assignee',
      'task.assign.v1',
      { taskId: '0192a7c4-6f00-8abc-9def-0123456789ab', actor: create['actor'] },
      'data.assignee is required',
    ],
    [
      'a sentiment beyond 1',
      'conversation.outcome.v1',
      { ...outcome, sentiment: 1.01 },
      'data.sentiment must be at most 1',
    ],
    [
      'slots that are a list',
      'conversation.outcome.v1',
      { ...outcome, slots: [] },
      'data.slots must be an object',
    ],
    [
      'an id of 129',
      'workforce.agent.v1',
      { ...agent, id: 'x'.repeat(129) },
      'data.id must be 1 to 128 printable characters',
    ],
    [
      'an unknown role',
      'workforce.agent.v1',
      { ...agent, roles: ['agent', 'boss'] },
      'data.roles[1] must be one of agent, lead',
    ],
    [
      'an unknown zone',
      'workforce.calendar.v1',
      { ...calendar, timezone: 'Mars/Base' },
      'data.timezone must be an IANA time zone such as Europe/Berlin',
    ],
    [
      '25 o’clock',
      'workforce.calendar.v1',
      { ...calendar, hours: { mon: [['09:00', '25:00']] } },
      'data.hours.mon must be a list of at most 24 pairs of local times such as ["09:00","17:00"]',
    ],
    [
      'a holiday that is no date',
      'workforce.calendar.v1',
      { ...calendar, holidays: ['2026-02-30'] },
      'data.holidays must be a list of at most 5000 dates such as 2026-12-25',
    ],
    [
      'a step without a time',
      'workforce.policy.v1',
      { ...policy, escalation: { steps: [{}] } },
      'data.escalation.steps[0].after is required',
    ],
  ])('names the field: %s', (_, type, data, message) => {
    expect(messagesFor(type, data)).toEqual([message]);
  });

  it('takes null for absent where a field is optional, and lets further fields pass', () => {
    expect(
      messagesFor('task.create.v1', {
        ...create,
        due: null,
        assignee: null,
        description: null,
        taskId: null,
        more: [1],
      }),
    ).toEqual([]);
  });

  it('names one problem a field, and at most ten', () => {
    const bad = { after: 5, priority: 'x', assignee: 5 };
    const problems = validatorFor('workforce.policy.v1')({
      ...policy,
      escalation: { steps: [bad, bad, bad, bad, bad] },
    });
    expect(problems).toHaveLength(10);
    expect(new Set(problems.map(({ field }) => field)).size).toBe(10);
  });
});
