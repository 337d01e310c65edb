import { FLOW_LIMITS, type FlowDefinition } from './flow-definition';
import { type FlowProblem } from './flow-problem';

/**
 * What is wrong with all flows of a tenant together, or null: every outcome runs all of them under its shard's lock, and every
 * worker compiles all of them when one has changed. Where there are more already, saving may make them fewer.
 *
 * @param after the live version of each flow as it would then be.
 * @param before as it is.
 */
export function checkTenantFlows(
  after: readonly FlowDefinition[],
  before: readonly FlowDefinition[],
): FlowProblem | null {
  const nodes = nodesOf(after);
  if (nodes > FLOW_LIMITS.tenantNodes && nodes > nodesOf(before)) {
    return {
      path: 'nodes',
      message:
        `the tenant's flows would have ${nodes} nodes together, at most ${FLOW_LIMITS.tenantNodes}: ` +
        'leave out nodes, or save a flow that is no longer needed with a single one',
    };
  }
  const bytes = bytesOf(after);
  if (bytes > FLOW_LIMITS.tenantBytes && bytes > bytesOf(before)) {
    return {
      path: '',
      message:
        `the tenant's flows would have ${bytes} bytes of JSON together, at most ${FLOW_LIMITS.tenantBytes}: ` +
        'shorten expressions and templates',
    };
  }
  return null;
}

function nodesOf(flows: readonly FlowDefinition[]): number {
  return flows.reduce((sum, { nodes }) => sum + nodes.length, 0);
}

function bytesOf(flows: readonly FlowDefinition[]): number {
  return flows.reduce((sum, flow) => sum + Buffer.byteLength(JSON.stringify(flow)), 0);
}
