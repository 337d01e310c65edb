import { type DataSource } from 'typeorm';
import { type StoredFlow } from '#libs/processing';
import { type Keyset, type Page, pageOf } from './keyset';
import { queryTenant } from './tenant.query';

/** A version of a flow, with when it was saved. */
export interface FlowVersion extends StoredFlow {
  savedAt: string;
}

interface FlowRow extends StoredFlow {
  saved_at: Date;
}

const COLUMNS = 'flow_id as id, version, definition, saved_at';

/** Reads flows for those who look at them, as the application's role. */
export class FlowReader {
  constructor(private readonly dataSource: DataSource) {}

  /** The live version of each of a tenant's flows, in the order of their ids. */
  async live(tenantId: string): Promise<FlowVersion[]> {
    const rows = await queryTenant<FlowRow>(
      this.dataSource,
      tenantId,
      `select distinct on (flow_id) ${COLUMNS} from flow_version where tenant_id = $1 order by flow_id, version desc`,
      [tenantId],
    );
    return rows.map(versionFrom);
  }

  /** A flow's versions, newest first; none where there is no such flow. */
  async versions(
    tenantId: string,
    flowId: string,
    after: Keyset | null,
    limit: number,
  ): Promise<Page<FlowVersion>> {
    const rows = await queryTenant<FlowRow & { keyset: string[] }>(
      this.dataSource,
      tenantId,
      `select ${COLUMNS}, array[version::text] as keyset from flow_version
        where tenant_id = $1 and flow_id = $2 and version < $3 order by version desc limit ${limit + 1}`,
      [tenantId, flowId, after?.[0] ?? ALL],
    );
    return pageOf(rows, limit, versionFrom);
  }
}

/** More than any version. */
const ALL = 2 ** 31 - 1;

function versionFrom({ id, version, definition, saved_at: savedAt }: FlowRow): FlowVersion {
  return { id, version, definition, savedAt: savedAt.toISOString() };
}
