import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { DEAD_LETTER_CODES, METRICS } from './metric.catalog';
import { type CounterSpec, type GaugeSpec, type HistogramSpec, type MetricSpec } from './metric.kinds';

type Instrument<Spec> =
  Spec extends CounterSpec<infer Label>
    ? Counter<Label>
    : Spec extends GaugeSpec<infer Label>
      ? Gauge<Label>
      : Spec extends HistogramSpec<infer Label>
        ? Histogram<Label>
        : never;

/** The metrics of the catalog, ready to be set and counted. */
export type Instruments = { [Name in keyof typeof METRICS]: Instrument<(typeof METRICS)[Name]> };

/**
 * Makes every metric of the catalog in a registry. Counters whose labels are closed sets of words begin at 0 for each of them: a
 * rate over a series that begins with its first increment misses that one, which for a dead letter may be the only one.
 */
export function createInstruments(registry: Registry): Instruments {
  const made = Object.entries(METRICS).map(([name, spec]) => [name, instrument(spec, registry)]);
  const instruments = Object.fromEntries(made) as Instruments;
  for (const [code, stage] of Object.entries(DEAD_LETTER_CODES))
    instruments.deadLetters.inc({ stage, code }, 0);
  return instruments;
}

/** Lets a gauge be set when it is asked for, and not before: what nobody scrapes costs nothing. */
export function whenScraped<Label extends string>(gauge: Gauge<Label>, set: () => void): void {
  // prom-client calls `collect` before it reads a metric; its types have it in the constructor's options alone.
  Object.assign(gauge, { collect: set });
}

function instrument(spec: MetricSpec, registry: Registry): Counter | Gauge | Histogram {
  const { name, help } = spec;
  const config = { name, help, labelNames: Object.keys(spec.labels), registers: [registry] };
  switch (spec.type) {
    case 'gauge':
      return new Gauge(config);
    case 'histogram':
      return new Histogram({ ...config, buckets: [...spec.buckets] });
    case 'counter': {
      const made = new Counter(config);
      for (const labels of combinations(spec.labels)) made.inc(labels, 0);
      return made;
    }
  }
}

/** Every combination of the labels' words; none when a label is not a closed set of them. */
function combinations(labels: MetricSpec['labels']): Record<string, string>[] {
  let found: Record<string, string>[] = [{}];
  for (const [label, words] of Object.entries(labels)) {
    if (typeof words === 'string') return [];
    found = found.flatMap((labelled) => words.map((word) => ({ ...labelled, [label]: word })));
  }
  return found;
}
