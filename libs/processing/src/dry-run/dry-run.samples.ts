import { type Channel, type Instant, taskIdOf } from '#libs/domain';
import { type FlowTask, type NodeResult } from '#libs/flows';
import { type ComparedField, type NodeComparison } from './node.comparison';
import { type StoredOutcome } from './stored-outcome';

/** A task that one version makes of an outcome, or why it makes none, with the values that led there. */
export interface SampledResult {
  task: Omit<FlowTask, 'dueBy'> | null;
  inputs: Record<string, unknown>;
  warnings: string[];
}

/** What became of one node on one outcome, for people to look at. */
export interface DryRunSample {
  kind: NodeComparison['kind'];
  event: { source: string; id: string; time: Instant };
  conversationId: string;
  channel: Channel;
  node: string;
  /** The id that the task has, or would have. */
  taskId: string;
  fields: ComparedField[];
  draft: SampledResult | null;
  live: SampledResult | null;
}

/** Keeps the first few of each kind. */
export class DryRunSamples {
  readonly #kept = new Map<NodeComparison['kind'], DryRunSample[]>();

  constructor(
    private readonly flow: string,
    private readonly perKind: number,
  ) {}

  add({ event }: StoredOutcome, { kind, node, fields, draft, live }: NodeComparison): void {
    const own = this.#kept.get(kind) ?? [];
    if (own.length >= this.perKind) return;
    const { source, id, time, conversationId, channel } = event;
    own.push({
      ...{ kind, event: { source, id, time }, conversationId, channel, node },
      taskId: taskIdOf(event, { flow: this.flow, node, ordinal: 0 }),
      ...{ fields, draft: sampled(draft), live: sampled(live) },
    });
    this.#kept.set(kind, own);
  }

  /** By kind, in the order of `kinds`. */
  all(kinds: readonly NodeComparison['kind'][]): DryRunSample[] {
    return kinds.flatMap((kind) => this.#kept.get(kind) ?? []);
  }
}

function sampled(result: NodeResult | null): SampledResult | null {
  if (!result) return null;
  const { task, inputs, warnings } = result;
  if (!task) return { task: null, inputs, warnings };
  const { dueBy: _, ...shown } = task;
  return { task: shown, inputs, warnings };
}
