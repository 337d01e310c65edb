import { type TASK_REJECTIONS, type TaskActivityType } from '../event-types';
import { type MessageExample } from './example';

const taskId = '0192a7c4-6f00-8abc-9def-0123456789ab';
const at = '2026-11-20T09:30:00.000Z';
const cause = {
  source: '/telephony/voice',
  id: 'cmd-1',
  topic: 'conversation-events.call',
  partition: 3,
  offset: 1017,
};
const dana = { kind: 'agent', id: 'dana' };
const system = { kind: 'system', id: 'timers' };

const task = {
  id: taskId,
  tenantId: 'demo',
  conversationId: 'conv-1',
  channel: 'call',
  type: 'follow_up',
  priority: 'high',
  status: 'to_do',
  assignee: { kind: 'team', id: 'bookings' },
  claimedBy: null,
  dueAt: '2026-11-20T17:30:00.000Z',
  title: 'Call Ada Byron back',
  description: null,
  createdBy: { kind: 'flow', id: 'failed-bookings' },
  createdAt: at,
  updatedAt: at,
  startedAt: null,
  resolvedAt: null,
  resolution: null,
  overdue: false,
};

/** A timer as a cause. */
const timer = (kind: string) => ({
  source: '/conversation-tasks/timers',
  id: `${taskId}:${kind}:1`,
});

interface Step {
  name: string;
  sequence: number;
  actor: Record<string, string>;
  changes: { field: string; from: unknown; to: unknown }[];
  by?: { source: string; id: string };
  more?: Record<string, unknown>;
}

/** The example of an activity; the task in it is as the changes leave it, a comment being no part of it. */
function activity({ name, sequence, actor, changes, by = cause, more }: Step): MessageExample[] {
  const changed = Object.fromEntries(
    changes.filter(({ field }) => field in task).map(({ field, to }) => [field, to]),
  );
  return [
    {
      name,
      key: taskId,
      attributes: published(`${taskId}:${sequence}`, { sequence: String(sequence) }, by),
      data: {
        taskId,
        conversationId: 'conv-1',
        channel: 'call',
        sequence,
        actor,
        changes,
        task: { ...task, ...changed, version: sequence },
        cause: by,
        ...more,
      },
    },
  ];
}

function published(
  id: string,
  extensions: Record<string, string>,
  by: { source: string; id: string } = cause,
): Record<string, string> {
  return {
    id,
    source: '/conversation-tasks',
    subject: taskId,
    time: at,
    tenantid: 'demo',
    ...extensions,
    causationid: `${by.source}#${by.id}`,
    correlationid: 'conv-1',
    recordedtime: '2026-11-20T09:30:00.210Z',
  };
}

const change = (field: string, from: unknown, to: unknown) => ({ field, from, to });

export const ACTIVITY_EXAMPLES: Record<TaskActivityType, MessageExample[]> = {
  'task.created.v1': activity({
    name: 'A flow created a task',
    sequence: 1,
    actor: { kind: 'flow', id: 'failed-bookings' },
    changes: [
      change('status', null, 'to_do'),
      change('priority', null, 'high'),
      change('title', null, task.title),
    ],
    more: {
      flow: {
        id: 'failed-bookings',
        version: 3,
        node: 'call-back',
        inputs: { 'outcome.intent': 'ReserveRestaurant' },
        warnings: [],
      },
    },
  }),
  'task.status_changed.v1': activity({
    name: 'Work began',
    sequence: 2,
    actor: dana,
    changes: [
      change('status', 'to_do', 'in_progress'),
      change('startedAt', null, at),
      change('claimedBy', null, 'dana'),
    ],
  }),
  'task.assignment_changed.v1': activity({
    name: 'A team’s task was claimed',
    sequence: 2,
    actor: dana,
    changes: [change('claimedBy', null, 'dana')],
  }),
  'task.completed.v1': activity({
    name: 'It was resolved',
    sequence: 4,
    actor: dana,
    changes: [change('status', 'in_progress', 'resolved'), change('resolvedAt', null, at)],
    more: { reason: 'Booked for Saturday.' },
  }),
  'task.priority_changed.v1': activity({
    name: 'More urgent',
    sequence: 2,
    actor: dana,
    changes: [change('priority', 'high', 'critical')],
  }),
  'task.due_date_changed.v1': activity({
    name: 'The due date was cleared',
    sequence: 2,
    actor: dana,
    changes: [change('dueAt', task.dueAt, null)],
  }),
  'task.details_changed.v1': activity({
    name: 'A new title',
    sequence: 2,
    actor: dana,
    changes: [change('title', task.title, 'Call Ada Byron back on Saturday')],
  }),
  'task.commented.v1': activity({
    name: 'A note',
    sequence: 2,
    actor: dana,
    changes: [],
    more: { text: 'No answer; will try again at noon.' },
  }),
  'task.due_soon.v1': activity({
    name: 'Due within the hour',
    sequence: 2,
    actor: system,
    changes: [],
    by: timer('due_soon'),
  }),
  'task.overdue.v1': activity({
    name: 'The due date has passed',
    sequence: 2,
    actor: system,
    changes: [change('overdue', false, true)],
    by: timer('overdue'),
  }),
  'task.escalated.v1': activity({
    name: 'A step of the escalation',
    sequence: 3,
    actor: system,
    changes: [change('priority', 'high', 'critical')],
  }),
};

export const REJECTION_EXAMPLES: Record<keyof typeof TASK_REJECTIONS, MessageExample[]> = {
  'task.command_rejected.v1': [
    {
      name: 'The task is done already',
      key: 'conv-1',
      attributes: published('rejection-1', {}),
      data: {
        code: 'illegal_transition',
        detail: 'the task is resolved; only reopen leads out of that',
        command: { type: 'task.start.v1', subject: 'conv-1', time: at, data: { taskId, actor: dana } },
        cause,
      },
    },
  ],
};
