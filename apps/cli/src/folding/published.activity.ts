import { type Activity, type Task } from '#libs/domain';
import { type RawRecord } from '#libs/processing';
import { headerOf } from '../events/record.text';

/** What a record of `task-activity` says. */
export interface PublishedActivity {
  activity: Activity;
  /** The task as the record has it beside the activity. A fold does without it. */
  carried: Task | undefined;
}

type ActivityData = Omit<Activity, 'type' | 'tenantId' | 'time'> & { task?: Task };

/** Null when the record is no activity. */
export function publishedActivity(record: RawRecord): PublishedActivity | null {
  const [type, tenantId, time] = ['ce_type', 'ce_tenantid', 'ce_time'].map((name) =>
    headerOf(record.headers, name),
  );
  let data: ActivityData;
  try {
    data = JSON.parse(record.value?.toString('utf8') ?? '') as ActivityData;
  } catch {
    return null;
  }
  if (!type || !tenantId || !time || typeof data?.taskId !== 'string' || !Array.isArray(data.changes))
    return null;
  const { task: carried, ...rest } = data;
  return { activity: { ...rest, type: type as Activity['type'], tenantId, time }, carried };
}
