/** A flow as people write it, save it and read it back: the contract's JSON. */
export interface FlowDefinition {
  id: string;
  name: string;
  on: { type: (typeof FLOW_EVENT_TYPES)[number]; channels?: FlowChannel[] };
  nodes: NodeDefinition[];
}

/** One Create Task node. Without `when` it always applies. */
export interface NodeDefinition {
  id: string;
  kind: 'create_task';
  when?: string;
  task: TaskDefinition;
}

/**
 * What the task will be. `title` and `type` must be there; a missing `priority` is medium, and a missing
 * `description`, `assignee` or `due` is none. `title` and `description`, as plain text, are Liquid templates.
 */
export interface TaskDefinition {
  type: FlowTaskType | Computed<FlowTaskType>;
  title: string | Computed<string>;
  description?: string | null | Computed<string | null>;
  priority?: FlowPriority | Computed<FlowPriority>;
  assignee?: FlowAssignee | null | Computed<FlowAssignee | null>;
  due?: DueLiteral | null | Computed<DueLiteral | null>;
}

/** A value worked out by a CEL expression, and what stands in when that fails. */
export interface Computed<T> {
  cel: string;
  default?: T;
}

// The contract's words, said again: this library depends on no other.
export const FLOW_EVENT_TYPES = ['conversation.outcome.v1'] as const;
export const FLOW_CHANNELS = ['call', 'message', 'whatsapp'] as const;
type FlowChannel = (typeof FLOW_CHANNELS)[number];
export const FLOW_TASK_TYPES = ['follow_up', 'internal'] as const;
export type FlowTaskType = (typeof FLOW_TASK_TYPES)[number];
export const FLOW_PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;
export type FlowPriority = (typeof FLOW_PRIORITIES)[number];

export interface FlowAssignee {
  kind: 'agent' | 'team';
  id: string;
}

/** When a task is due: a moment, or an ISO 8601 duration after the event, which may be a calendar's working time. */
export type DueLiteral = { at: string } | { in: string; calendar?: string };

/** Bounds of a definition, so that saving and running it stays cheap whatever is sent. */
export const FLOW_LIMITS = {
  /** Characters of an id. */
  id: 128,
  /** Characters of a title, hence also of the flow's name, which stands in for it. */
  title: 500,
  /** UTF-8 bytes of a description. */
  descriptionBytes: 16_384,
  nodes: 50,
  /** Characters of a CEL expression. */
  expression: 4_096,
  /** Characters of a Liquid template. */
  template: 16_384,
  /** Nodes of all flows of a tenant together. */
  tenantNodes: 500,
  /** JSON of all flows of a tenant together, in UTF-8 bytes. */
  tenantBytes: 1_048_576,
} as const;
