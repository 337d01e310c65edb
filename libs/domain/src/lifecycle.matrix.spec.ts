import { ACTORS, AGENTS, COMMANDS, SITUATIONS } from '../../../test/fixtures/lifecycle/matrix';
import { aContext, aTask } from './decide.fixture';
import { type ChangeTask, decide, evolve, personFrom, type Status } from './index';

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

const context = aContext({
  assigneeExists: () => true,
  person: (id) => {
    const agent = AGENTS.find((one) => one.id === id);
    return agent ? personFrom(id, { ...agent, roles: [...agent.roles], teams: [...agent.teams] }) : null;
  },
});
const createdBy = ACTORS.creator!;

describe.each(Object.entries(SITUATIONS))('%s', (_, { assignee, claimedBy, cells }) => {
  it('has a row for everybody', () => expect(Object.keys(cells)).toEqual(Object.keys(ACTORS)));

  describe.each(Object.entries(cells))('and %s', (who, rows) => {
    it.each(STATUSES.map((status, i) => [status, rows[i]!] as const))('%s: %s', (status: Status, row) => {
      expect(row).toHaveLength(COMMANDS.length);
      const { tenant, ...actor } = ACTORS[who]!;
      const task = aTask({ assignee, claimedBy, status, createdBy });
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
