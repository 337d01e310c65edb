export { compileFlow } from './compile-flow';
export { type CompiledFlow, type CompiledNode } from './compiled-flow';
export { EventBudget } from './event-budget';
export { evaluateFlow, type FlowDirectory, type FlowTask, type NodeResult } from './evaluate-flow';
export {
  type Computed,
  type DueLiteral,
  FLOW_LIMITS,
  type FlowAssignee,
  type FlowDefinition,
  type FlowPriority,
  type FlowTaskType,
  type NodeDefinition,
  type TaskDefinition,
} from './flow-definition';
export { type FlowProblem } from './flow-problem';
export { checkTenantFlows } from './tenant-flows';
export { type FlowVariables } from './flow-variables';
