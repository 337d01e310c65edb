import { type DecisionContext, type Task } from './index';

/** What a decision may know, unremarkable but for the differences: everybody is known but `nobody`, and no person and no calendar. */
export const aContext = (differences: Partial<DecisionContext> = {}): DecisionContext => ({
  tenantId: 'acme',
  conversationId: 'conv-1',
  channel: 'call',
  time: '2026-03-02T10:00:00.000Z',
  cause: { source: '/desk', id: 'e-2' },
  derivedTaskId: '11111111-1111-4111-8111-111111111111',
  assigneeExists: ({ id }) => id !== 'nobody',
  person: () => null,
  resolveDue: (due) => ('at' in due ? { ok: true, at: due.at } : { ok: false, problem: 'no calendar mars' }),
  ...differences,
});

/** The task of that context, as a service had it made the day before for the team `bookings`. */
export const aTask = (differences: Partial<Task> = {}): Task => ({
  id: '11111111-1111-4111-8111-111111111111',
  tenantId: 'acme',
  conversationId: 'conv-1',
  channel: 'call',
  type: 'follow_up',
  priority: 'high',
  status: 'to_do',
  assignee: { kind: 'team', id: 'bookings' },
  claimedBy: null,
  dueAt: '2026-03-03T10:00:00.000Z',
  title: 'Call back',
  description: null,
  createdBy: { kind: 'service', id: 'crm' },
  createdAt: '2026-03-01T10:00:00.000Z',
  updatedAt: '2026-03-01T10:00:00.000Z',
  startedAt: null,
  resolvedAt: null,
  resolution: null,
  overdue: false,
  version: 1,
  ...differences,
});
