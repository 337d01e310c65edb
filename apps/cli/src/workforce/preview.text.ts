import Table from 'cli-table3';
import { grouped } from '../output';
import { type CalendarPreview } from './preview.calendars';

/** A preview for people: a line, and a table of the first dates that would move. */
export function previewText({ calendar, tasks, moved, noLongerOverdue, dates }: CalendarPreview): string {
  const overdue = noLongerOverdue > 0 ? `, ${grouped(noLongerOverdue)} of them no longer overdue` : '';
  const line = `calendar '${calendar}': ${grouped(moved)} of ${grouped(tasks)} due dates would move${overdue}`;
  if (moved === 0) return line;
  const table = new Table({
    head: ['task', 'conversation', 'due', 'would be due'],
    style: { head: [], border: [], compact: true },
  });
  for (const date of dates) table.push([date.taskId, date.conversationId, date.from ?? '-', date.to ?? '-']);
  const more = moved > dates.length ? [`… and ${grouped(moved - dates.length)} more`] : [];
  return [line, table.toString(), ...more].join('\n');
}
