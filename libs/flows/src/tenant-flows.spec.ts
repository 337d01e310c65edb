import { type FlowDefinition } from './flow-definition';
import { flowWith } from './flow.builder';
import { checkTenantFlows } from './tenant-flows';

const flow = (nodes: number, title = 'A title'): FlowDefinition => {
  const [node] = flowWith({ title }).nodes as object[];
  return { ...flowWith(), nodes: Array(nodes).fill(node) } as unknown as FlowDefinition;
};
const flows = (count: number, nodes: number, title?: string) =>
  Array.from({ length: count }, () => flow(nodes, title));

describe('all flows of a tenant together', () => {
  it('have at most 500 nodes', () => {
    expect(checkTenantFlows(flows(10, 50), [])).toBeNull();
    expect(checkTenantFlows([...flows(10, 50), flow(1)], flows(10, 50))).toEqual({
      path: 'nodes',
      message: expect.stringMatching(/would have 501 nodes together, at most 500: leave out/),
    });
  });

  it('have at most 1 MiB of JSON', () => {
    expect(checkTenantFlows(flows(60, 1, 'x'.repeat(16_000)), [])).toBeNull();
    expect(checkTenantFlows(flows(66, 1, 'x'.repeat(16_000)), [])).toEqual({
      path: '',
      message: expect.stringMatching(/would have 10\d{5} bytes of JSON together, at most 1048576/),
    });
  });

  it('may become fewer where there are more already', () => {
    expect(checkTenantFlows(flows(12, 45), flows(12, 50))).toBeNull();
    expect(checkTenantFlows(flows(12, 50), flows(12, 50))).toBeNull();
  });
});
