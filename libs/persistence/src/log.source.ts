import DataLoader from 'dataloader';
import { type DataSource } from 'typeorm';
import { derivedId } from '#libs/domain';
import { FEW_ENTRIES, type LogEntry, type LogHeads, type LogName, type LogSource } from '#libs/relay';
import { queryRows } from './transaction';

/** The `source` of every event this product publishes. */
export const EVENT_SOURCE = '/conversation-tasks';

/** A row of either log, in the columns both have. */
export interface LogRow {
  shard: number;
  position: string;
  tenant_id: string;
  conversation_id: string;
  task_id: string;
  occurred_at: Date;
  recorded_at: Date;
  cause_source: string;
  cause_id: string;
  traceparent: string | null;
  /** The JSON as it was written, cast to text so that the driver leaves it alone. */
  data: string;
  sequence?: number;
  type?: string;
  code?: string;
}

const COLUMNS =
  'shard, position, tenant_id, conversation_id, task_id, occurred_at, recorded_at, cause_source, cause_id, traceparent, data::text as data';

/** What the relay selects of each log. */
export const LOG_SELECT: Record<LogName, string> = {
  activity: `select ${COLUMNS}, sequence, type from activity_log`,
  rejection: `select ${COLUMNS}, code from rejection_log`,
};

/** How far a shard's logs are. */
export interface HeadRow {
  shard: number;
  activity: string;
  rejection: string;
}

export const SELECT_HEADS =
  'select shard, activity_position as activity, rejection_position as rejection from shard_head';

export function headsOf(rows: readonly HeadRow[]): LogHeads {
  return {
    activity: new Map(rows.map(({ shard, activity }) => [shard, Number(activity)])),
    rejection: new Map(rows.map(({ shard, rejection }) => [shard, Number(rejection)])),
  };
}

/** A stretch of a shard's log: the positions behind one, to another. */
export interface ShardRange {
  shard: number;
  behind: number;
  upTo: number;
}

/** Ranges as a statement takes them: a parameter a column. */
export function parametersOf(ranges: readonly ShardRange[]): unknown[] {
  return [
    ranges.map(({ shard }) => shard),
    ranges.map(({ behind }) => behind),
    ranges.map(({ upTo }) => upTo),
  ];
}

/** `LogSource` on PostgreSQL. The data source is connected as the operator's role, which sees every tenant. */
export class PostgresLogSource implements LogSource {
  readonly #few: Record<LogName, DataLoader<ShardRange, LogEntry[]>> = {
    activity: this.#together('activity'),
    rejection: this.#together('rejection'),
  };

  constructor(private readonly dataSource: DataSource) {}

  async heads(): Promise<LogHeads> {
    return headsOf(await queryRows<HeadRow>(this.dataSource, SELECT_HEADS));
  }

  async read(log: LogName, shard: number, afterPosition: number, limit: number): Promise<LogEntry[]> {
    // The log has no gaps, so a range of positions is as many entries.
    if (limit <= FEW_ENTRIES)
      return this.#few[log].load({ shard, behind: afterPosition, upTo: afterPosition + limit });
    const rows = await queryRows<LogRow>(
      this.dataSource,
      `${LOG_SELECT[log]} where shard = $1 and position > $2 order by position limit $3`,
      [shard, afterPosition, limit],
    );
    return rows.map((row) => entryOf(log, row));
  }

  /** Reads what is asked for at the same moment with one statement. */
  #together(log: LogName): DataLoader<ShardRange, LogEntry[]> {
    const sql = `select entry.* from unnest($1::smallint[], $2::bigint[], $3::bigint[]) as wanted (of_shard, behind, up_to) cross join lateral (
        ${LOG_SELECT[log]} where shard = wanted.of_shard and position > wanted.behind and position <= wanted.up_to
        order by position offset 0
      ) entry`;
    return new DataLoader(
      async (ranges) => {
        const rows = await queryRows<LogRow>(this.dataSource, sql, parametersOf(ranges));
        return ranges.map(({ shard, behind, upTo }) =>
          rows
            .filter(
              (row) => row.shard === shard && Number(row.position) > behind && Number(row.position) <= upTo,
            )
            .map((row) => entryOf(log, row)),
        );
      },
      { cache: false },
    );
  }
}

/**
 * A log row as the record of its topic: CloudEvents 1.0 in Kafka's binary mode, so that consumers can route on headers.
 * A function of the row alone: published again, it is the same record.
 */
export function entryOf(log: LogName, row: LogRow): LogEntry {
  const time = row.occurred_at.toISOString();
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: idOf(row, time),
    ce_source: EVENT_SOURCE,
    ce_type: log === 'activity' ? row.type! : 'task.command_rejected.v1',
    ce_subject: row.task_id,
    ce_time: time,
    ce_tenantid: row.tenant_id,
    ce_recordedtime: row.recorded_at.toISOString(),
    ce_causationid: `${row.cause_source}#${row.cause_id}`,
    ce_correlationid: row.conversation_id,
    position: row.position,
  };
  if (row.sequence !== undefined) headers.ce_sequence = String(row.sequence);
  if (row.traceparent !== null) headers.traceparent = row.traceparent;
  const key = log === 'activity' ? row.task_id : row.conversation_id;
  return { position: Number(row.position), key, headers, value: row.data };
}

/** Activities are named by task and sequence, rejections by what was rejected and why. */
function idOf(row: LogRow, time: string): string {
  if (row.sequence !== undefined) return `${row.task_id}:${row.sequence}`;
  return derivedId(time, [row.tenant_id, row.cause_source, row.cause_id, 'rejection', row.code!]);
}
