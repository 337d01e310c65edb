import { type FlowDirectory } from './evaluate-flow';
import { type FlowVariables } from './flow-variables';

/** For tests: variables of a call at 2019-03-01T01:02:03.456Z with a customer called Ada, changed as the test needs. */
export function flowVariables(changes: Partial<FlowVariables> = {}): FlowVariables {
  return {
    event: {
      id: 'e-1',
      source: '/telephony',
      type: 'conversation.outcome.v1',
      time: '2019-03-01T01:02:03.456Z',
      subject: 'c-1',
    },
    conversation: {
      id: 'c-1',
      channel: 'call',
      customer: { id: 'cust-1', name: 'Ada' },
      startedAt: '2019-03-01T01:00:00.000Z',
      endedAt: null,
    },
    outcome: {},
    ...changes,
  };
}

/** For tests: a flow with one node, whose parts the test gives. */
export function flowWith(task: object = {}, node: object = {}): Record<string, unknown> {
  return {
    id: 'f',
    name: 'The flow',
    on: { type: 'conversation.outcome.v1' },
    nodes: [
      { id: 'n', kind: 'create_task', ...node, task: { type: 'follow_up', title: 'A title', ...task } },
    ],
  };
}

/** For tests: knows the team "bookings" and agent "dana"; resolves `at`, and PT4H as four hours, and nothing else. */
export function directory(changes: Partial<FlowDirectory> = {}): FlowDirectory {
  return {
    assigneeExists: ({ kind, id }) => ['team:bookings', 'agent:dana'].includes(`${kind}:${id}`),
    resolveDue: (due, from) => {
      if ('at' in due) return { ok: true, at: new Date(due.at).toISOString() };
      if (due.calendar !== undefined) return { ok: false, problem: `no such calendar: "${due.calendar}"` };
      return { ok: true, at: new Date(Date.parse(from) + 4 * 3_600_000).toISOString() };
    },
    defaultTeam: null,
    ...changes,
  };
}
