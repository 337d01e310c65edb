import { isDeepStrictEqual } from 'node:util';
import { type DataSource } from 'typeorm';
import { type StoredFlow } from '#libs/processing';
import { inTransaction, seeTenants } from './transaction';
import { bumpRevision } from './workforce.store';

/** Flows and their versions. What is saved was compiled before: this store does not look inside. */
export class FlowStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Saves flows of a tenant, all or none: each changed one as its next version, an unchanged one as nothing. When it resolves,
   * every batch that begins later sees them.
   *
   * @param check looks at all flows of the tenant, as they would be and as they are, and throws to save none.
   */
  async save<Flow extends { id: string }>(
    tenantId: string,
    definitions: readonly Flow[],
    check: (after: Flow[], before: Flow[]) => void = () => undefined,
  ): Promise<(StoredFlow & { changed: boolean })[]> {
    return inTransaction(this.dataSource, async (manager) => {
      await seeTenants(manager, [tenantId]);
      // Two people saving at once: the second waits here, and its versions follow the first's.
      await manager.query(`select pg_advisory_xact_lock(hashtext($1))`, [`flows of ${tenantId}`]);
      const before = await liveFlows(manager, tenantId);
      const live = new Map(before.map((flow) => [flow.id, flow]));
      const saved: (StoredFlow & { changed: boolean })[] = [];
      for (const definition of definitions) {
        const known = live.get(definition.id);
        const changed =
          !known || !isDeepStrictEqual(known.definition, JSON.parse(JSON.stringify(definition)));
        const flow = { id: definition.id, version: (known?.version ?? 0) + (changed ? 1 : 0), definition };
        saved.push({ ...flow, changed });
        live.set(flow.id, flow);
        if (!changed) continue;
        await manager.query(
          `insert into flow_version (tenant_id, flow_id, version, definition) values ($1, $2, $3, $4::jsonb)`,
          [tenantId, flow.id, flow.version, JSON.stringify(definition)],
        );
      }
      check(definitionsOf<Flow>([...live.values()]), definitionsOf<Flow>(before));
      if (saved.some(({ changed }) => changed)) await bumpRevision(manager, 'flows', [tenantId]);
      return saved;
    });
  }
}

/** What is stored was saved here. */
function definitionsOf<Flow>(flows: readonly StoredFlow[]): Flow[] {
  return flows.map(({ definition }) => definition as Flow);
}

/** The live version of each of a tenant's flows, in the order of their ids. */
export function liveFlows(
  manager: { query(sql: string, parameters: unknown[]): Promise<StoredFlow[]> },
  tenantId: string,
): Promise<StoredFlow[]> {
  return manager.query(
    `select distinct on (flow_id) flow_id as id, version, definition from flow_version
      where tenant_id = $1 order by flow_id, version desc`,
    [tenantId],
  );
}
