import { type DataSource } from 'typeorm';
import { type WorkforceEntry } from '#libs/processing';
import { type Keyset, type Page, pageOf } from './keyset';
import { queryTenant } from './tenant.query';

type Kind = WorkforceEntry['kind'];
type Body = WorkforceEntry['body'];

/** Reads people, teams, calendars and policies for those who look at them, as the application's role. */
export class WorkforceReader {
  constructor(private readonly dataSource: DataSource) {}

  /** Null where there is none, or none any more. */
  async find(tenantId: string, kind: Kind, id: string): Promise<Body | null> {
    const [row] = await queryTenant<{ body: Body }>(
      this.dataSource,
      tenantId,
      'select body from workforce_entry where tenant_id = $1 and kind = $2 and id = $3 and body is not null',
      [tenantId, kind, id],
    );
    return row?.body ?? null;
  }

  /** By id. */
  async page(tenantId: string, kind: Kind, after: Keyset | null, limit: number): Promise<Page<Body>> {
    const rows = await queryTenant<{ body: Body; keyset: string[] }>(
      this.dataSource,
      tenantId,
      `select body, array[id] as keyset from workforce_entry
        where tenant_id = $1 and kind = $2 and id > $3 and body is not null order by id limit ${limit + 1}`,
      [tenantId, kind, after?.[0] ?? ''],
    );
    return pageOf(rows, limit, ({ body }) => body);
  }
}
