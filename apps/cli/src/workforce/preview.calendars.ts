import { type Calendar, decideDueAgain, type Instant, resolveDue, type Task } from '#libs/domain';
import { type StandingStore, type TaskFinder } from '#libs/processing';

/** What a changed calendar would do to the due dates it gave. */
export interface CalendarPreview {
  calendar: string;
  /** Open tasks whose date it gave. */
  tasks: number;
  /** How many of those dates would move; how many of their tasks would not be overdue any more. */
  moved: number;
  noLongerOverdue: number;
  /** The first of them, in the order of their tasks' ids. */
  dates: MovedDate[];
}

export interface MovedDate {
  taskId: string;
  conversationId: string;
  from: Instant | null;
  to: Instant | null;
}

export interface PreviewPorts {
  finder: TaskFinder;
  standing: StandingStore;
  /** How many dates are listed; the others are counted. */
  listed: number;
  onTasks?(tasks: number): void;
}

const PAGE = 500;
/** Nothing of it is written. */
const NO_OCCASION = { time: '1970-01-01T00:00:00.000Z', cause: { source: '', id: '' }, reason: '' };

/** Works out which due dates would move if a calendar were as given. By the code that moves them; writes nothing. */
export async function previewCalendar(
  tenantId: string,
  calendar: Calendar,
  { finder, standing, listed, onTasks }: PreviewPorts,
): Promise<CalendarPreview> {
  const preview: CalendarPreview = {
    calendar: calendar.id,
    tasks: 0,
    moved: 0,
    noLongerOverdue: 0,
    dates: [],
  };
  for (let after: string | null = null; ;) {
    const found = await finder.dueBy({ tenantId, calendarId: calendar.id }, after, PAGE);
    const moves: [Task, Map<string, unknown>][] = [];
    for (const shard of new Set(found.map((task) => task.shard))) {
      const own = found.filter((task) => task.shard === shard);
      const records = await standing.asItStands(shard, [tenantId], (view) => view.tasks(own));
      for (const record of records) {
        const [activity] = decideDueAgain(
          record,
          (due, from) => resolveDue(due, from, (id) => (id === calendar.id ? calendar : undefined)),
          NO_OCCASION,
        );
        if (activity)
          moves.push([record.task, new Map(activity.changes.map(({ field, to }) => [field, to]))]);
      }
    }
    moves.sort(([a], [b]) => (a.id < b.id ? -1 : 1));
    for (const [task, to] of moves) {
      preview.moved += 1;
      if (to.get('overdue') === false) preview.noLongerOverdue += 1;
      if (preview.dates.length >= listed) continue;
      const { id: taskId, conversationId, dueAt: from } = task;
      preview.dates.push({ taskId, conversationId, from, to: to.get('dueAt') as Instant });
    }
    preview.tasks += found.length;
    onTasks?.(found.length);
    if (found.length < PAGE) return preview;
    after = found.at(-1)!.taskId;
  }
}
