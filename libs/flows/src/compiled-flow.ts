import { type CelExpression } from './cel-expression';
import {
  type DueLiteral,
  type FlowAssignee,
  type FlowDefinition,
  type FlowPriority,
  type FlowTaskType,
} from './flow-definition';
import { type VariablePath } from './flow-variables';
import { type FieldRule } from './task-field';
import { type TextTemplate } from './text-template';

/** Where a field's value comes from. */
export type FieldSource<T> =
  | { kind: 'literal'; value: T }
  | { kind: 'template'; template: TextTemplate }
  | { kind: 'cel'; expression: CelExpression };

/** A field of a node's task, ready to be worked out. */
export interface CompiledField<T> {
  rule: FieldRule<T>;
  source: FieldSource<T>;
  /** The `default` written beside an expression. */
  standIn?: { value: T };
}

/** A Create Task node, ready to run. */
export interface CompiledNode {
  id: string;
  when: CelExpression | null;
  type: CompiledField<FlowTaskType>;
  priority: CompiledField<FlowPriority>;
  title: CompiledField<string>;
  description: CompiledField<string | null>;
  assignee: CompiledField<FlowAssignee | null>;
  due: CompiledField<DueLiteral | null>;
  /** Every place in the variables its expressions and templates look at, each once. */
  paths: readonly VariablePath[];
}

/** A flow that was found to be right. It keeps nothing of the definition it was made from. */
export interface CompiledFlow {
  definition: FlowDefinition;
  /** Whether it is about such an event in such a channel. */
  matches(eventType: string, channel: string): boolean;
  nodes: readonly CompiledNode[];
}
