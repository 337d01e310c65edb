import { type FlowTask, type NodeResult } from '#libs/flows';

/** The fields in which two tasks can differ. */
export const COMPARED_FIELDS = ['type', 'priority', 'title', 'description', 'assignee', 'dueAt'] as const;
export type ComparedField = (typeof COMPARED_FIELDS)[number];

export const COMPARISONS = ['only_draft', 'only_live', 'changed', 'same', 'no_task'] as const;

/** What a node of the draft makes of an outcome beside what the live version's node of the same id makes of it. */
export interface NodeComparison {
  node: string;
  kind: (typeof COMPARISONS)[number];
  /** In what the two tasks differ. */
  fields: ComparedField[];
  /** Null where the node says nothing of this outcome. */
  draft: NodeResult | null;
  live: NodeResult | null;
}

/**
 * Puts side by side what both versions of a flow make of one outcome. Nodes are told by their ids, as tasks are: a node with another
 * id makes another task.
 */
export function compareNodes(draft: readonly NodeResult[], live: readonly NodeResult[]): NodeComparison[] {
  const ofLive = new Map(live.map((result) => [result.node, result]));
  const ofDraft = new Set(draft.map(({ node }) => node));
  return [
    ...draft.map((result) => comparison(result.node, result, ofLive.get(result.node) ?? null)),
    ...live.filter(({ node }) => !ofDraft.has(node)).map((result) => comparison(result.node, null, result)),
  ];
}

function comparison(node: string, draft: NodeResult | null, live: NodeResult | null): NodeComparison {
  const both = { node, draft, live };
  if (draft?.task && live?.task) {
    const fields = fieldsThatDiffer(draft.task, live.task);
    return { ...both, kind: fields.length > 0 ? 'changed' : 'same', fields };
  }
  const kind = draft?.task ? 'only_draft' : live?.task ? 'only_live' : 'no_task';
  return { ...both, kind, fields: [] };
}

function fieldsThatDiffer(a: FlowTask, b: FlowTask): ComparedField[] {
  return COMPARED_FIELDS.filter((field) =>
    field === 'assignee'
      ? a.assignee?.kind !== b.assignee?.kind || a.assignee?.id !== b.assignee?.id
      : a[field] !== b[field],
  );
}
