import { type TaskCommandType } from '../event-types';
import { type MessageExample, ofConversation } from './example';

const taskId = '0192a7c4-6f00-8abc-9def-0123456789ab';
const dana = { kind: 'agent', id: 'dana' };

const command = (name: string, id: string, data: Record<string, unknown>): MessageExample =>
  ofConversation(name, id, { taskId, actor: dana, ...data });

export const COMMAND_EXAMPLES: Record<TaskCommandType, MessageExample[]> = {
  'task.create.v1': [
    ofConversation('Due in eight hours of working time', 'cmd-1', {
      type: 'follow_up',
      priority: 'high',
      title: 'Call Ada Byron back',
      description: 'There was no table left.',
      assignee: { kind: 'team', id: 'bookings' },
      due: { in: 'PT8H', calendar: 'support' },
      actor: { kind: 'service', id: 'crm' },
    }),
    ofConversation('With an id of its own, due at a moment', 'cmd-2', {
      taskId,
      type: 'internal',
      priority: 'low',
      title: 'Check the recording',
      due: { at: '2026-11-21T17:00:00+01:00' },
      actor: dana,
    }),
  ],
  'task.assign.v1': [
    command('To a person', 'cmd-3', {
      assignee: { kind: 'agent', id: 'eli' },
      reason: 'Eli knows the customer.',
    }),
    command('To nobody', 'cmd-4', { assignee: null }),
  ],
  'task.claim.v1': [command('A member takes a team’s task', 'cmd-5', { expectedVersion: 2 })],
  'task.release.v1': [command('… and gives it back', 'cmd-6', { reason: 'Off for today.' })],
  'task.start.v1': [command('Work begins', 'cmd-7', {})],
  'task.resolve.v1': [command('Work is done', 'cmd-8', { resolution: 'Booked for Saturday.' })],
  'task.reopen.v1': [command('It was not done after all', 'cmd-9', { reason: 'The customer called again.' })],
  'task.cancel.v1': [command('It need not be done', 'cmd-10', { reason: 'A duplicate.' })],
  'task.update.v1': [
    command('More urgent, and due sooner', 'cmd-11', { priority: 'critical', due: { in: 'PT1H' } }),
    command('Without a due date', 'cmd-12', { due: null }),
  ],
  'task.comment.v1': [command('A note', 'cmd-13', { text: 'No answer; will try again at noon.' })],
};
