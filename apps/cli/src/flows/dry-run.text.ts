import Table from 'cli-table3';
import { type DryRunResult, type DryRunSample, type MadeTasks, type SampledResult } from '#libs/processing';
import { safe } from '../dead-letters/terminal.text';
import { grouped } from '../output';

/** Assignees in the table; the others are one row. */
const MOST_ASSIGNEES = 20;
/** Characters of a value in a sample. */
const SHOWN = 200;

/** A dry run for people: what was looked at, a table, the difference, samples. */
export function dryRunText(result: DryRunResult): string[] {
  return [
    lookedAt(result),
    madeTable(result),
    ...differenceText(result),
    ...result.samples.flatMap(sampleText),
  ];
}

function lookedAt({ outcomes, from, to, cutShortBy }: DryRunResult): string {
  if (outcomes === 0 && cutShortBy === null) return 'no outcome is stored that it could be tried on';
  const ends = {
    limit: '; there are earlier ones (--limit)',
    time: '; the time was up, and there are earlier ones (--seconds)',
  };
  const span = from === null ? '' : `, ${from} to ${to}`;
  return `${grouped(outcomes)} outcomes looked at${span}${cutShortBy ? ends[cutShortBy] : ''}; nothing was written`;
}

function madeTable({ draft, live }: DryRunResult): string {
  const rows: [name: string, of: (made: MadeTasks) => number][] = [
    ['tasks', ({ tasks }) => tasks],
    ...(['critical', 'high', 'medium', 'low'] as const).map(
      (priority): [string, (made: MadeTasks) => number] => [
        `  ${priority}`,
        (made) => made.byPriority[priority],
      ],
    ),
    ...(['call', 'message', 'whatsapp'] as const).map((channel): [string, (made: MadeTasks) => number] => [
      `  by ${channel}`,
      (made) => made.byChannel[channel],
    ]),
    ...assigneeRows(draft, live),
    ['warnings', ({ warnings }) => warnings],
  ];
  const heads = ['draft', ...(live ? [`live, version ${live.version}`] : [])];
  const table = new Table({
    head: ['', ...heads],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...heads.map(() => 'right' as const)],
  });
  for (const [name, of] of rows) table.push([name, grouped(of(draft)), ...(live ? [grouped(of(live))] : [])]);
  return table.toString();
}

function assigneeRows(
  draft: MadeTasks,
  live: MadeTasks | null,
): [name: string, of: (made: MadeTasks) => number][] {
  const named = [...draft.byAssignee, ...(live?.byAssignee ?? [])].map(({ assignee }) => nameOf(assignee));
  const shown = [...new Set(named)].slice(0, MOST_ASSIGNEES);
  const tasksOf = (made: MadeTasks, name: string): number =>
    made.byAssignee.find(({ assignee }) => nameOf(assignee) === name)?.tasks ?? 0;
  const others = (made: MadeTasks): number =>
    made.tasks - shown.reduce((sum, name) => sum + tasksOf(made, name), 0);
  return [
    ...shown.map((name): [string, (made: MadeTasks) => number] => [
      `  for ${safe(name)}`,
      (made) => tasksOf(made, name),
    ]),
    ...([draft, live].some((made) => made && others(made) > 0)
      ? [['  for others', others] as [string, (made: MadeTasks) => number]]
      : []),
  ];
}

function differenceText({ live, difference }: DryRunResult): string[] {
  if (!live) return ['There is no live version of it: all of them are new.'];
  const { onlyDraft, onlyLive, changed, same, changedFields } = difference;
  const fields = changedFields.map(({ field, tasks }) => `${field} ${grouped(tasks)}`).join(', ');
  return [
    ...(live.problem === null ? [] : [`The live version makes none: ${safe(live.problem)}`]),
    `${grouped(onlyDraft)} only the draft makes, ${grouped(onlyLive)} only the live version`,
    `${grouped(changed)} both make and differ${fields && `: ${fields}`}; ${grouped(same)} both make alike`,
  ];
}

const TITLES: Record<DryRunSample['kind'], string> = {
  only_draft: 'only the draft',
  only_live: 'only the live version',
  changed: 'differs',
  same: 'alike',
  no_task: 'no task',
};

function sampleText({
  kind,
  event,
  conversationId,
  channel,
  node,
  fields,
  draft,
  live,
}: DryRunSample): string[] {
  const where = `${event.time}  ${safe(event.source)}#${safe(event.id)} in ${safe(conversationId)} (${channel})`;
  const same = kind === 'same';
  const inputs = { ...live?.inputs, ...draft?.inputs };
  return [
    `${TITLES[kind]}${fields.length > 0 ? ` in ${fields.join(', ')}` : ''}: ${where}, node ${safe(node)}`,
    ...resultText(same || !live ? '' : 'draft: ', draft),
    ...(same ? [] : resultText(draft ? 'live: ' : '', live)),
    ...Object.entries(inputs).map(([path, value]) => `    ${safe(path)} = ${shown(value)}`),
  ];
}

function resultText(whose: string, result: SampledResult | null): string[] {
  if (!result) return [];
  const { task, warnings } = result;
  const made = task && [
    `    ${whose}${task.type}, ${task.priority}, ${safe(nameOf(task.assignee))}, due ${task.dueAt ?? 'never'}, ${shown(task.title)}`,
  ];
  return [...(made ?? []), ...warnings.map((warning) => `    ${whose}warning: ${safe(warning)}`)];
}

const nameOf = (assignee: { kind: string; id: string } | null): string =>
  assignee ? `${assignee.kind} ${assignee.id}` : 'nobody';

function shown(value: unknown): string {
  const text = safe(JSON.stringify(value));
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
