/** What a difference is about. */
export type DifferenceKind = 'task' | 'activity' | 'rejection' | 'log' | 'topic';

/** One thing that is not as invariant 7 says. */
export interface Difference {
  kind: DifferenceKind;
  shard: number;
  /** The task it is about, where it is about one. */
  taskId?: string;
  /** Of the log entry, where it is about one. */
  position?: number;
  /** The task's field, the entry's column or header, or a place in its data: `data.changes[0].to`. */
  field: string;
  /** The whole of it in one line. */
  message: string;
}

/** Keeps the first differences and counts all: one fault may show up a million times. */
export class Differences {
  readonly first: Difference[] = [];
  readonly counts = new Map<DifferenceKind, number>();
  total = 0;

  constructor(private readonly keep = 20) {}

  add(difference: Difference): void {
    this.total += 1;
    this.counts.set(difference.kind, (this.counts.get(difference.kind) ?? 0) + 1);
    if (this.first.length < this.keep) this.first.push(difference);
  }
}

/** A value as it is shown in a difference: JSON, not longer than a line. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
