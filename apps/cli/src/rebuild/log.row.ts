import { type Activity, type Cause } from '#libs/domain';
import { entryOf, type LogRow } from '#libs/persistence';
import { type RawRecord } from '#libs/processing';
import { type LogName } from '#libs/relay';
import { CliError } from '../cli.error';
import { headerOf } from '../events/record.text';
import { compareEntry } from '../verify/log.comparison';

/** The data of a `task.command_rejected.v1`. */
export interface RejectionData {
  code: string;
  command: { type: string; subject: string; time: string; data: unknown };
  cause: Cause;
}

/** The topic cannot be what the relay wrote: nothing can be rebuilt from it. */
export function unfitTopic(problem: string): CliError {
  return new CliError(
    problem,
    'A database can be rebuilt only from topics that are as the relay wrote them: restore the topic, or the database from a backup',
  );
}

/** Where a record is, in words. */
export function placeOf(log: LogName, shard: number, record: RawRecord): string {
  const task = headerOf(record.headers, 'ce_subject') ?? '?';
  return `${log} of shard ${shard}, position ${BigInt(record.offset) + 1n}, task ${task}`;
}

/** @throws CliError as `rowOf`. */
export function activityRow(shard: number, record: RawRecord, activity: Activity): LogRow {
  const { type, sequence, conversationId, cause } = activity;
  return rowOf('activity', shard, record, { conversationId, cause }, { type, sequence });
}

/** @throws CliError as `rowOf`, and for what is no rejection. */
export function rejectionRow(shard: number, record: RawRecord): { row: LogRow; rejection: RejectionData } {
  const rejection = rejectionIn(record);
  if (!rejection) throw unfitTopic(`${placeOf('rejection', shard, record)}: the record is no rejection`);
  const { code, command, cause } = rejection;
  const row = rowOf('rejection', shard, record, { conversationId: command.subject, cause }, { code });
  return { row, rejection };
}

/**
 * The row that the relay published as this record.
 *
 * @throws CliError when it would be another record: then it is not the relay's, and a log with it would not be the topic's.
 */
function rowOf(
  log: LogName,
  shard: number,
  record: RawRecord,
  { conversationId, cause }: { conversationId: string; cause: Cause },
  own: Pick<LogRow, 'type' | 'sequence' | 'code'>,
): LogRow {
  const header = (name: string): string => headerOf(record.headers, name) ?? '';
  const row: LogRow = {
    shard,
    position: String(BigInt(record.offset) + 1n),
    tenant_id: header('ce_tenantid'),
    conversation_id: conversationId,
    task_id: header('ce_subject'),
    occurred_at: new Date(header('ce_time')),
    recorded_at: new Date(header('ce_recordedtime')),
    cause_source: cause.source,
    cause_id: cause.id,
    traceparent: headerOf(record.headers, 'traceparent') ?? null,
    data: record.value!.toString('utf8'),
    ...own,
  };
  const isTimed = [row.occurred_at, row.recorded_at].every((time) => !Number.isNaN(time.getTime()));
  const problem = isTimed
    ? compareEntry(log, shard, entryOf(log, row), record)[0]?.message
    : 'a time in its headers cannot be read';
  if (problem)
    throw unfitTopic(`${placeOf(log, shard, record)}: not as the relay would write it: ${problem}`);
  return row;
}

function rejectionIn(record: RawRecord): RejectionData | null {
  try {
    const data = JSON.parse(record.value?.toString('utf8') ?? '') as RejectionData;
    const isWhole =
      typeof data?.code === 'string' &&
      typeof data.command?.subject === 'string' &&
      typeof data.cause?.id === 'string';
    return isWhole ? data : null;
  } catch {
    return null;
  }
}
