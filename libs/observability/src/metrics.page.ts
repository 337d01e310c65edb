import { stringify } from 'yaml';
import { ALERTS } from './alert.catalog';
import { METRICS } from './metric.catalog';
import { type LabelValues, type MetricSpec } from './metric.kinds';

const HEAD = `# Metrics

Made from the code by \`npm run docs:metrics\`; a test fails when it is out of date.

Each worker serves its own at \`/metrics\` on the management port. Labels are bounded: topics, partitions, shards and closed sets of words; never a tenant, a conversation, or anything else that a message brings. Counters begin at 0 for every word, so that the first dead letter of a code is seen by \`increase\`.

Beside these there are the standard ones of Node (\`process_*\`, \`nodejs_*\`: memory, CPU, event loop, garbage collection).
`;

const ALERTS_HEAD = `
## Alerts

[alerts.yaml](alerts.yaml) has them as a rule file for Prometheus: examples, to be fitted to what a deployment is used to. What to do about each is in [operations.md](operations.md).
`;

/** `docs/metrics.md`. */
export function metricsPage(): string {
  const metrics = Object.values(METRICS).map((spec: MetricSpec) => [
    `\`${spec.name}\``,
    spec.type,
    spec.unit,
    labelsOf(spec),
    spec.help,
  ]);
  const alerts = ALERTS.map((alert) => [
    `\`${alert.name}\``,
    alert.severity,
    `\`${escaped(alert.expr)}\` for ${alert.for}`,
    alert.meaning,
  ]);
  return [
    HEAD,
    table(['metric', 'type', 'unit', 'labels', 'what it tells'], metrics),
    ALERTS_HEAD,
    table(['alert', 'severity', 'when', 'what it means'], alerts),
  ].join('\n');
}

/** `docs/alerts.yaml`: a rule file, as Prometheus reads it. */
export function alertRules(): string {
  const rules = ALERTS.map(({ name, expr, for: held, severity, meaning }) => ({
    alert: name,
    expr,
    for: held,
    labels: { severity },
    annotations: { summary: meaning, runbook: `docs/operations.md: ${name}` },
  }));
  const head =
    '# Made by `npm run docs:metrics`: docs/metrics.md has the same as a table. Check with: promtool check rules\n';
  return head + stringify({ groups: [{ name: 'conversation-tasks', rules }] }, { lineWidth: 0 });
}

function labelsOf({ labels }: MetricSpec): string {
  return Object.entries<LabelValues>(labels)
    .map(([label, values]) => `\`${label}\`: ${typeof values === 'string' ? values : values.join(', ')}`)
    .join('; ');
}

/** In a table of Markdown a bar ends the cell, also in code. */
function escaped(text: string): string {
  return text.replaceAll('|', '\\|');
}

function table(head: string[], rows: string[][]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}
