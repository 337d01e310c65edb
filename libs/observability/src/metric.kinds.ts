/** What a label may be: one of these words, or what a text says. Never anything that a message brings: the series are bounded. */
export type LabelValues = readonly string[] | string;

interface Described<Label extends string> {
  /** In Prometheus' style, in base units, with our prefix. */
  name: string;
  /** What it counts or measures: `records`, `seconds` … */
  unit: string;
  /** Its labels, and what each may be. */
  labels: Readonly<Record<Label, LabelValues>>;
  /** What it tells, for whoever reads the page or the query. */
  help: string;
}

export interface CounterSpec<Label extends string = string> extends Described<Label> {
  type: 'counter';
}

export interface GaugeSpec<Label extends string = string> extends Described<Label> {
  type: 'gauge';
}

export interface HistogramSpec<Label extends string = string> extends Described<Label> {
  type: 'histogram';
  /** Upper bounds, ascending. */
  buckets: readonly number[];
}

export type MetricSpec = CounterSpec | GaugeSpec | HistogramSpec;

const PREFIX = 'conversation_tasks_';

type Labels<Label extends string> = Readonly<Record<Label, LabelValues>>;

export function counter<Label extends string>(
  name: string,
  unit: string,
  labels: Labels<Label>,
  help: string,
): CounterSpec<Label> {
  return { type: 'counter', name: PREFIX + name, unit, labels, help };
}

export function gauge<Label extends string>(
  name: string,
  unit: string,
  labels: Labels<Label>,
  help: string,
): GaugeSpec<Label> {
  return { type: 'gauge', name: PREFIX + name, unit, labels, help };
}

export function histogram<Label extends string>(
  name: string,
  unit: string,
  labels: Labels<Label>,
  buckets: readonly number[],
  help: string,
): HistogramSpec<Label> {
  return { type: 'histogram', name: PREFIX + name, unit, labels, buckets, help };
}
