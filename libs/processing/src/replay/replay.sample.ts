import { assigneeText, type ChangedField, makerOf, type Replayed, type Verdict } from './verdict';

/** One record for people to look at: where it is, which event, what and why. No content unless that was asked for. */
export interface ReplaySample {
  kind: Verdict['kind'];
  /** `topic/partition@offset`. */
  at: string;
  /** Null when it cannot be read. */
  event: { tenant: string; source: string; id: string; conversation: string } | null;
  type: string | null;
  why: string;
  /** The tasks that come of it, or would. */
  tasks: SampledTask[];
  /** Values of the fields that differ; only when asked for. */
  values?: ChangedField[];
}

export interface SampledTask {
  id: string;
  maker: string;
  type: string;
  priority: string;
  assignee: string;
  dueAt: string | null;
  /** Only when asked for: it names customers. */
  title?: string;
}

/** Keeps the first few records of each kind; of those that are there, none. */
export class ReplaySamples {
  readonly #kept = new Map<string, ReplaySample[]>();

  constructor(private readonly options: { perKind: number; showValues: boolean }) {}

  add(replayed: Replayed): void {
    const kind = replayed.verdict.kind;
    if (kind === 'there') return;
    const own = this.#kept.get(kind) ?? [];
    if (own.length >= this.options.perKind) return;
    this.#kept.set(kind, [...own, sampleOf(replayed, this.options.showValues)]);
  }

  all(): ReplaySample[] {
    return [...this.#kept.values()].flat();
  }
}

/** Most of a dead letter's message, which may quote what was sent. */
const MESSAGE_LENGTH = 200;

function sampleOf({ record, event, type, verdict }: Replayed, showValues: boolean): ReplaySample {
  const named = event && {
    tenant: event.tenantId,
    source: event.source,
    id: event.id,
    conversation: event.conversationId,
  };
  const at = `${record.topic}/${record.partition}@${record.offset}`;
  const tasks = verdict.kind === 'new' ? verdict.effect.tasks : [];
  return {
    kind: verdict.kind,
    at,
    event: named,
    type,
    why: whyOf(verdict),
    tasks: tasks.map((created) => {
      const { id, type: taskType, priority, dueAt, title } = created.task;
      const sampled = { id, maker: makerOf(created), type: taskType, priority, dueAt };
      return { ...sampled, assignee: assigneeText(created.task), ...(showValues && { title }) };
    }),
    ...(showValues && verdict.kind === 'differs' && { values: verdict.why.fields }),
  };
}

function whyOf(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'new': {
      const { rejection, taskCount, conversation, message } = verdict.effect;
      if (rejection) return `never applied; the rules refuse it: ${rejection.code}`;
      const what = [
        ...(taskCount > 0 ? [taskCount === 1 ? '1 task' : `${taskCount} tasks`] : []),
        ...(message ? ['a message'] : []),
        ...(conversation.length > 0 ? [`the conversation's ${conversation.join(', ')}`] : []),
      ];
      return `never applied; it brings ${what.join(', ') || 'no task'}`;
    }
    case 'there':
      return 'already there';
    case 'differs':
      return verdict.why.reason;
    case 'dead_letter':
      return `${verdict.stage} ${verdict.code}: ${verdict.message.slice(0, MESSAGE_LENGTH)}`;
    case 'skipped':
      return 'a type nobody here knows';
  }
}
