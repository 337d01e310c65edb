import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { ALERTS } from './alert.catalog';
import { METRICS } from './metric.catalog';
import { createInstruments } from './metric.instruments';
import { alertRules, metricsPage } from './metrics.page';

const docs = (name: string): string => readFileSync(join(__dirname, '../../../docs', name), 'utf8');

describe('the pages made from the metrics', () => {
  it.each([
    ['metrics.md', metricsPage],
    ['alerts.yaml', alertRules],
  ])('docs/%s is what the code says now', (name, made) => {
    expect(docs(name) === made() ? 'current' : 'stale: run npm run build && npm run docs:metrics').toBe(
      'current',
    );
  });

  it('have every metric that is served', () => {
    const registry = new Registry();
    createInstruments(registry);
    const served = registry.getMetricsAsArray().map(({ name }) => name);
    expect(served.sort()).toEqual(
      Object.values(METRICS)
        .map(({ name }) => name)
        .sort(),
    );
    for (const name of served) expect(metricsPage()).toContain(`| \`${name}\` |`);
  });
});

describe('an alert', () => {
  const specs = Object.values(METRICS);

  it.each(ALERTS.map(({ name, expr }) => [name, expr]))('%s asks for metrics that there are', (_, expr) => {
    const asked = expr.match(/\b(conversation_tasks|nodejs|process)_[a-z0-9_]+/g) ?? [];
    expect(asked.length).toBeGreaterThan(0);
    for (const name of asked.filter((each) => each.startsWith('conversation_tasks_'))) {
      const spec = specs.find((each) => name === each.name || name === `${each.name}_bucket`);
      expect([name, spec?.type === 'histogram']).toEqual([name, name.endsWith('_bucket')]);
    }
  });

  it.each(ALERTS.map(({ name, expr }) => [name, expr]))('%s asks for words that a label has', (_, expr) => {
    const words = new Set<string>(specs.flatMap(({ labels }) => Object.values(labels).flat()));
    for (const [, label, value] of expr.matchAll(/([a-z]+)(?:=|!=|=~|!~)"([^"]+)"/g))
      if (label !== 'code') for (const word of value!.split('|')) expect(words).toContain(word);
  });

  it.each(ALERTS.map(({ name }) => name))('%s is in the runbook, with what to do', (name) => {
    expect(docs('operations.md')).toMatch(new RegExp(`^\\| \`${name}\`\\s+\\| .+ \\| .+ \\|$`, 'm'));
  });

  it('has a name of its own', () => {
    expect(new Set(ALERTS.map(({ name }) => name)).size).toBe(ALERTS.length);
    for (const { name } of ALERTS) expect(name).toMatch(/^ConversationTasks[A-Z][A-Za-z]+$/);
  });
});
