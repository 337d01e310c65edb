import { type DryRunResult, type DryRunSample, type MadeTasks } from '#libs/processing';
import { dryRunText } from './dry-run.text';

const made = (tasks: number, assignees: [id: string | null, tasks: number][]): MadeTasks => ({
  ...{ tasks, otherAssignees: 0, warnings: 1 },
  byPriority: { low: 0, medium: tasks, high: 0, critical: 0 },
  byChannel: { call: tasks, message: 0, whatsapp: 0 },
  byAssignee: assignees.map(([id, count]) => ({
    assignee: id === null ? null : { kind: 'team', id },
    tasks: count,
  })),
});

const task = {
  ...{ type: 'internal' as const, priority: 'medium' as const, title: 'Call\u001b[2J\u202eback' },
  ...{ description: null, assignee: null, dueAt: null },
};

const sample: DryRunSample = {
  kind: 'changed',
  event: { source: '/bot', id: 'o-1', time: '2026-03-02T10:00:00.000Z' },
  ...{ conversationId: 'c-1', channel: 'call', node: 'n' },
  taskId: '019cade5-1000-8000-8000-000000000000',
  fields: ['priority'],
  draft: { task, inputs: { 'outcome.x': 'y'.repeat(300) }, warnings: ['title: cut'] },
  live: { task: { ...task, priority: 'high' }, inputs: { 'outcome.z': 1 }, warnings: [] },
};

const result: DryRunResult = {
  ...{ flowId: 'f', outcomes: 1_234, cutShortBy: 'limit' },
  ...{ from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z' },
  draft: made(30, [
    ['b', 20],
    [null, 10],
  ]),
  live: { ...made(5, [['a', 5]]), version: 4, problem: null },
  difference: {
    ...{ onlyDraft: 27, onlyLive: 2, changed: 1, same: 2 },
    changedFields: [{ field: 'priority', tasks: 1 }],
  },
  samples: [sample],
};

const text = (changes: Partial<DryRunResult> = {}): string =>
  dryRunText({ ...result, ...changes }).join('\n');

test('a table of both versions, the difference, and samples with what led there', () => {
  expect(text().replaceAll(/ +/g, ' ').replaceAll('─', '')).toBe(
    `1,234 outcomes looked at, 2026-03-01T00:00:00.000Z to 2026-03-02T00:00:00.000Z; there are earlier ones (--limit); nothing was written
┌┬┬┐
│ │ draft │ live, version 4 │
├┼┼┤
│ tasks │ 30 │ 5 │
│ critical │ 0 │ 0 │
│ high │ 0 │ 0 │
│ medium │ 30 │ 5 │
│ low │ 0 │ 0 │
│ by call │ 30 │ 5 │
│ by message │ 0 │ 0 │
│ by whatsapp │ 0 │ 0 │
│ for team b │ 20 │ 0 │
│ for nobody │ 10 │ 0 │
│ for team a │ 0 │ 5 │
│ warnings │ 1 │ 1 │
└┴┴┘
27 only the draft makes, 2 only the live version
1 both make and differ: priority 1; 2 both make alike
differs in priority: 2026-03-02T10:00:00.000Z /bot#o-1 in c-1 (call), node n
 draft: internal, medium, nobody, due never, "Call\\u001b[2J\\u202eback"
 draft: warning: title: cut
 live: internal, high, nobody, due never, "Call\\u001b[2J\\u202eback"
 outcome.z = 1
 outcome.x = "${'y'.repeat(199)}…`,
  );
});

test('without a live version there is nothing beside it', () => {
  expect(text({ live: null })).toContain('There is no live version of it: all of them are new.');
  expect(text({ live: null })).not.toContain('live, version');
});

test('assignees beyond twenty are one row', () => {
  const many = Array.from({ length: 25 }, (_, i): [string, number] => [`t${String(i).padStart(2, '0')}`, 2]);
  const table = text({ draft: made(50, many), live: null, samples: [] });
  expect(table).toMatch(/for team t19 +│ +2 │/);
  expect(table).not.toContain('t20');
  expect(table).toMatch(/for others +│ +10 │/);
});

test('says why it ended, and that there was nothing', () => {
  expect(text({ cutShortBy: 'time' })).toContain('the time was up, and there are earlier ones (--seconds)');
  expect(text({ cutShortBy: null })).toContain('02T00:00:00.000Z; nothing was written');
  expect(text({ outcomes: 0, from: null, to: null, cutShortBy: null })).toContain('no outcome is stored');
});
