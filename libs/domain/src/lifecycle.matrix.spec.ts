import { ACTORS, AGENTS, COMMANDS, SITUATIONS } from '../../../test/fixtures/lifecycle/matrix';
import {
  type ChangeTask,
  decide,
  type DecisionContext,
  evolve,
  personFrom,
  type Status,
  type Task,
} from './index';

const CODES = {
  I: 'illegal_transition',
  N: 'not_allowed',
  C: 'already_claimed',
  A: 'not_available',
  T: 'task_not_found',
} as const;
const STATUSES = ['to_do', 'in_progress', 'resolved', 'cancelled'] as const;
const SAYS: Partial<Record<(typeof COMMANDS)[number], object>> = {
  assign: { assignee: { kind: 'agent', id: 'oto' } },
  update: { priority: 'critical' },
  comment: { text: 'Called, nobody answered.' },
};

const aTask = (over: Partial<Task>): Task => ({
  id: '11111111-1111-4111-8111-111111111111',
  tenantId: 'acme',
  conversationId: 'conv-1',
  channel: 'call',
  type: 'follow_up',
  priority: 'high',
  status: 'to_do',
  assignee: null,
  claimedBy: null,
  dueAt: null,
  title: 'Call back',
  description: null,
  createdBy: { kind: 'ai_agent', id: 'bot' },
  createdAt: '2026-03-01T10:00:00.000Z',
  updatedAt: '2026-03-01T10:00:00.000Z',
  startedAt: null,
  resolvedAt: null,
  resolution: null,
  overdue: false,
  version: 7,
  ...over,
});

const context: DecisionContext = {
  tenantId: 'acme',
  conversationId: 'conv-1',
  channel: 'call',
  time: '2026-03-02T10:00:00.000Z',
  cause: { source: '/desk', id: 'e-1' },
  derivedTaskId: 'unused',
  assigneeExists: () => true,
  person: (id) => {
    const agent = AGENTS.find((one) => one.id === id);
    return agent ? personFrom(id, { ...agent, roles: [...agent.roles], teams: [...agent.teams] }) : null;
  },
  resolveDue: () => ({ ok: false, problem: 'unused' }),
};

describe.each(Object.entries(SITUATIONS))('%s', (_, { assignee, claimedBy, cells }) => {
  it('has a row for everybody', () => expect(Object.keys(cells)).toEqual(Object.keys(ACTORS)));

  describe.each(Object.entries(cells))('and %s', (who, rows) => {
    it.each(STATUSES.map((status, i) => [status, rows[i]!] as const))('%s: %s', (status: Status, row) => {
      expect(row).toHaveLength(COMMANDS.length);
      const { tenant, ...actor } = ACTORS[who]!;
      const task = aTask({ assignee, claimedBy, status });
      const found = COMMANDS.map((verb) => {
        const data = { taskId: task.id, actor, ...SAYS[verb] };
        const command = { type: `task.${verb}.v1`, data } as ChangeTask;
        // Another tenant has no such task: that is what the store finds.
        const decision = decide(command, tenant ? null : task, context);
        if ('rejection' in decision) {
          const { code, detail } = decision.rejection;
          if (code === 'already_claimed') expect(detail).toContain(`'${claimedBy}'`);
          return (
            (Object.keys(CODES) as (keyof typeof CODES)[]).find((letter) => CODES[letter] === code) ?? code
          );
        }
        expect(() => decision.activities.reduce(evolve, task)).not.toThrow();
        return '.';
      });
      expect(found.join('')).toBe(row);
    });
  });
});
