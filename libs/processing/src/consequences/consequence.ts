import {
  absenceOf,
  type Activity,
  type Cause,
  decideAbsence,
  decideDueAgain,
  type Instant,
  instantFromMs,
  type TaskRecord,
} from '#libs/domain';
import { type Tenant } from '../tenant-directory';
import { type WorkforceRecord } from '../workforce-change';
import { type FoundTask, type TaskFinder } from './task.finder';

/** What a change of the workforce means for tasks. */
export interface Consequence {
  /** The tasks it may concern, some at a time. */
  tasks(finder: TaskFinder): AsyncIterable<FoundTask[]>;
  /** What it does to one of them, as things are now: done again, it does nothing. */
  decide(record: TaskRecord, tenant: Tenant): Activity[];
}

/** Tasks looked up at once. */
const PAGE = 500;
/** `source` of a cause that is no event but a tombstone of the workforce. */
const TOMBSTONE_SOURCE = '/conversation-tasks/workforce';

/** Agents: what they hold, where they are gone. Calendars: the due dates that were worked out with them. */
export function consequencesOf(records: readonly WorkforceRecord[]): Consequence[] {
  const of = (kind: WorkforceRecord['change']['kind']): WorkforceRecord[] =>
    records.filter(({ change }) => change.kind === kind);
  const agents = of('agent');
  return [...(agents.length > 0 ? [absences(agents)] : []), ...of('calendar').map(calendarChange)];
}

/** Claims of whoever went offline, left the team or was removed are flagged or given back. */
function absences(records: readonly WorkforceRecord[]): Consequence {
  const keyOf = (tenantId: string, agentId: string | null): string => `${tenantId}\0${agentId}`;
  const occasions = new Map(
    records.map((record) => [keyOf(record.change.tenantId, record.change.id), occasionOf(record)]),
  );
  return {
    async *tasks(finder) {
      yield await finder.claimedBy(
        records.map(({ change }) => ({ tenantId: change.tenantId, agentId: change.id })),
      );
    },
    decide(record, tenant) {
      const { tenantId, claimedBy } = record.task;
      const occasion = occasions.get(keyOf(tenantId, claimedBy));
      // Given up, or to somebody else, since it was looked up.
      if (!occasion || claimedBy === null) return [];
      const absence = absenceOf(record, tenant.person(claimedBy));
      return absence === null ? [] : decideAbsence(absence, record, tenant.timePolicy, occasion);
    },
  };
}

/** Due dates are worked out anew, as if the calendar had always been so. */
function calendarChange(record: WorkforceRecord): Consequence {
  const { tenantId, id: calendarId } = record.change;
  return {
    async *tasks(finder) {
      for (let after: string | null = null; ;) {
        const tasks = await finder.dueBy({ tenantId, calendarId }, after, PAGE);
        if (tasks.length > 0) yield tasks;
        if (tasks.length < PAGE) return;
        after = tasks.at(-1)!.taskId;
      }
    },
    decide: (task, tenant) =>
      decideDueAgain(task, (due, from) => tenant.resolveDue(due, from), {
        ...occasionOf(record),
        reason: `calendar '${calendarId}' changed`,
      }),
  };
}

/** When a change happened and because of what. */
function occasionOf({ change, record }: WorkforceRecord): { time: Instant; cause: Cause } {
  const { topic, partition, offset, timestamp } = record;
  const where = { topic, partition, offset: Number(offset) };
  const { event, tenantId, kind, id } = change;
  if (event) return { time: event.time, cause: { source: event.source, id: event.id, ...where } };
  const time = instantFromMs(Number(timestamp)) ?? instantFromMs(0)!;
  return { time, cause: { source: TOMBSTONE_SOURCE, id: `${tenantId}/${kind}:${id}@${offset}`, ...where } };
}
