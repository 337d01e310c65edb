import { type EventFilter, ReplayCounts, type ReplayCountsJson } from '#libs/processing';

/** What is to be replayed, as it was asked for and is kept. */
export interface ReplaySelection {
  /** Without the deployment's prefix. */
  topics: string[];
  /** Null: all. */
  partitions: number[] | null;
  /** Decimal text, of every partition meant; null: from its beginning, to its end. `toOffset` and `to` are not included. */
  fromOffset: string | null;
  toOffset: string | null;
  /** RFC 3339, compared with the records' timestamps. */
  from: string | null;
  to: string | null;
  filter: EventFilter;
}

/** Consecutive offsets of one partition, and how far they were gone through. Decimal text. */
export interface InputRange {
  topic: string;
  partition: number;
  from: string;
  to: string;
  next: string;
}

/** What an operation `replay` was asked to do. */
export interface ReplayParameters {
  selection: ReplaySelection;
  /** Records a second; null for as fast as it goes. */
  rate: number | null;
}

/** How far it got. */
export interface ReplayProgress {
  ranges: InputRange[];
  read: number;
  selected: number;
  counts: ReplayCountsJson;
  /** What ended it, when it failed. */
  failure?: string;
}

/** A replay that has not begun. */
export function startOf(ranges: InputRange[]): ReplayProgress {
  return { ranges, read: 0, selected: 0, counts: new ReplayCounts().toJSON() };
}

/** How many offsets are still to be gone through. */
export function recordsLeft(ranges: readonly InputRange[]): number {
  return ranges.reduce((sum, { next, to }) => sum + Math.max(0, Number(BigInt(to) - BigInt(next))), 0);
}
