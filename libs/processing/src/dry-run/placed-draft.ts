import { checkTenantFlows, type CompiledFlow, type FlowDefinition, type FlowProblem } from '#libs/flows';
import { FlowUnreadable, type LiveFlow, type Tenant, type TenantDirectory } from '../tenant-directory';
import { type TenantSource } from './stored-outcome';

/** A draft of a flow in the place it would have among its tenant's flows. */
export interface PlacedDraft {
  tenantId: string;
  draft: CompiledFlow;
  /** The live version of the same flow, null where there is none. */
  live: LiveFlow | null;
  /** What runs before it on the same event, and spends of the same budget. */
  before: CompiledFlow[];
  tenant: Tenant;
}

/**
 * Puts a draft in its place, with the tenant's people, calendars and flows as they are now.
 *
 * @returns the problem for which saving it would be refused, where there is one.
 * @throws StoreOutage
 */
export async function placeDraft(
  tenantId: string,
  draft: CompiledFlow,
  source: TenantSource,
  directory: TenantDirectory,
): Promise<{ ok: true; placed: PlacedDraft } | { ok: false; problem: FlowProblem }> {
  const { tenant, stored } = await source.read(tenantId, async (reads) => ({
    tenant: (await directory.at(reads, [tenantId]))(tenantId),
    stored: await reads.flows(tenantId),
  }));
  const { id } = draft.definition;
  const definitions = stored.map((flow) => ({ id: flow.id, definition: flow.definition as FlowDefinition }));
  const others = definitions.filter((flow) => flow.id !== id).map(({ definition }) => definition);
  const problem = checkTenantFlows(
    [...others, draft.definition],
    definitions.map(({ definition }) => definition),
  );
  if (problem) return { ok: false, problem };
  const at = tenant.flows.findIndex((flow) => flow.id >= id);
  const before = (at < 0 ? tenant.flows : tenant.flows.slice(0, at)).flatMap(({ flow }) =>
    flow instanceof FlowUnreadable ? [] : [flow],
  );
  const live = tenant.flows.find((flow) => flow.id === id) ?? null;
  return { ok: true, placed: { tenantId, draft, live, before, tenant } };
}
