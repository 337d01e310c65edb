/** One line of what Prometheus scrapes. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Prometheus' text format, without comments. Labels of ours need no unescaping. */
export function samplesIn(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, labels, value] = /^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$/i.exec(line) as unknown as string[];
      const pairs = [...(labels ?? '').matchAll(/([a-z_]+)="([^"]*)"/g)];
      return {
        name: name!,
        labels: Object.fromEntries(pairs.map(([, key, text]) => [key!, text!])),
        value: Number(value),
      };
    });
}

/** The sum of a metric's series that have these labels. */
export function sumOf(
  samples: readonly Sample[],
  name: string,
  labels: Record<string, string | number> = {},
): number {
  return samples
    .filter((sample) => sample.name === `conversation_tasks_${name}`)
    .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === String(value)))
    .reduce((sum, { value }) => sum + value, 0);
}
