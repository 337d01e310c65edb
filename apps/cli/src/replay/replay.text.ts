import { type ReplayCountsJson, type ReplaySample } from '#libs/processing';
import { grouped } from '../output';

/** What a replay does, or would do, for people: a line a kind, what makes it up below it. */
export function countsText(counts: ReplayCountsJson, mood: 'would' | 'did'): string[] {
  const tasks = mood === 'would' ? 'tasks that would appear' : 'tasks that appeared';
  return [
    ...section('new', counts.new, counts.newByType),
    ...section(tasks, counts.tasks, counts.tasksByMaker, '  '),
    ...(counts.tasks > 0
      ? [`    priority ${listOf(counts.tasksByPriority)}`, `    assignee ${listOf(counts.tasksByAssignee)}`]
      : []),
    ...section('refused by the rules', sum(counts.rejectedByCode), counts.rejectedByCode, '  '),
    ...section('already there', counts.there, counts.thereByType),
    ...section('differing from what stands, which stays', counts.differs, counts.differsByType),
    ...(counts.differs > 0 ? [`  in ${listOf(counts.differsByField) || 'nothing that can be named'}`] : []),
    ...section('cannot be read or applied', counts.deadLetters, counts.deadLettersByCode),
    ...section('of an unknown type, skipped', counts.skipped, counts.skippedByType),
    ...(counts.unread > 0
      ? [
          `${grouped(counts.unread)} of them workers have yet to read, ${grouped(counts.unreadNew)} of those are new: not missed, only not there yet`,
        ]
      : []),
  ];
}

function section(what: string, total: number, parts: Record<string, number>, indent = ''): string[] {
  if (indent !== '' && total === 0) return [];
  const lines = Object.entries(parts).map(([name, count]) => `${indent}  ${name}: ${grouped(count)}`);
  return [`${indent}${grouped(total)} ${what}`, ...lines];
}

const listOf = (tally: Record<string, number>): string =>
  Object.entries(tally)
    .map(([name, count]) => `${name} ${grouped(count)}`)
    .join(', ');

const sum = (tally: Record<string, number>): number => Object.values(tally).reduce((a, b) => a + b, 0);

/** A sample, and its tasks below it. */
export function sampleText({ at, event, type, why, tasks, values }: ReplaySample): string[] {
  const who = event ? `${event.tenant} ${event.source}#${event.id} in ${event.conversation}` : 'no event';
  return [
    `${at}  ${type ?? '-'}  ${who}: ${why}`,
    ...tasks.map(
      (task) =>
        `    task ${task.id} by ${task.maker}: ${task.type}, ${task.priority}, ${task.assignee}, due ${task.dueAt ?? 'never'}` +
        (task.title === undefined ? '' : `, ${JSON.stringify(task.title)}`),
    ),
    ...(values ?? []).map(
      ({ field, stands, comes }) =>
        `    ${field}: stands ${JSON.stringify(stands)}, comes ${JSON.stringify(comes)}`,
    ),
  ];
}
