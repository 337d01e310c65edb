import { type DataSource } from 'typeorm';
import { type LogEntry } from '#libs/relay';
import {
  entryOf,
  headsOf,
  type HeadRow,
  LOG_SELECT,
  type LogRow,
  parametersOf,
  SELECT_HEADS,
  type ShardRange,
} from '../log.source';
import { queryRows } from '../transaction';
import { queryTenant } from './tenant.query';

/** How much is read at once. At least one entry is, however large. */
export interface PageSize {
  entries: number;
  bytes: number;
}

/** An entry of the activity log, and whose it is. */
export interface LoggedActivity extends LogEntry {
  shard: number;
  tenantId: string;
}

export interface ActivityPage {
  /** By shard, and within a shard in the log's order. */
  entries: LoggedActivity[];
  /** Whether all that the ranges have is among them; if not, what is left is behind the last entry. */
  isAll: boolean;
}

/** Reads on in the activity log, all shards in one statement. */
export class ActivityReader {
  /**
   * @param dataSource connected as the application's role, which sees one tenant at a time.
   * @param operator connected as the operator's role, which sees every tenant.
   */
  constructor(
    private readonly dataSource: DataSource,
    private readonly operator: DataSource,
  ) {}

  /** The last position of each shard's log, by shard. */
  async ends(): Promise<Map<number, number>> {
    return headsOf(await queryRows<HeadRow>(this.operator, SELECT_HEADS)).activity;
  }

  /** Every tenant's entries. @param ranges by shard, ascending. */
  async everything(ranges: readonly ShardRange[], size: PageSize): Promise<ActivityPage> {
    return pageOf(await queryRows<SizedRow>(this.operator, pageSql(size), parametersOf(ranges)), size);
  }

  /** A tenant's own entries. @param ranges by shard, ascending. */
  async ofTenant(tenantId: string, ranges: readonly ShardRange[], size: PageSize): Promise<ActivityPage> {
    const parameters = [...parametersOf(ranges), tenantId];
    return pageOf(
      await queryTenant<SizedRow>(this.dataSource, tenantId, pageSql(size, 'and tenant_id = $4'), parameters),
      size,
    );
  }
}

/** `size`: bytes of this entry and of all before it on the page. */
type SizedRow = LogRow & { size: string };

/** Keys are looked up first, without the data, so that not more of it is read than a page has. */
function pageSql({ entries, bytes }: PageSize, whose = ''): string {
  return `
    select * from (
      select logged.*, sum(octet_length(data)) over (order by shard, position) as size from (
        ${LOG_SELECT.activity} join (
          select key.shard, key.position
          from unnest($1::smallint[], $2::bigint[], $3::bigint[]) as stretch (shard, behind, up_to) cross join lateral (
            select shard, position from activity_log
            where shard = stretch.shard and position > stretch.behind and position <= stretch.up_to ${whose}
            order by position limit ${entries}
          ) key
          order by key.shard, key.position limit ${entries}
        ) wanted using (shard, position)
      ) logged
    ) sized where size - octet_length(data) < ${bytes} order by shard, position`;
}

function pageOf(rows: readonly SizedRow[], { entries, bytes }: PageSize): ActivityPage {
  return {
    entries: rows.map((row) => ({
      ...entryOf('activity', row),
      shard: row.shard,
      tenantId: row.tenant_id,
    })),
    isAll: rows.length < entries && Number(rows.at(-1)?.size ?? 0) < bytes,
  };
}
