import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertRules, metricsPage } from './metrics.page';

/** Writes docs/metrics.md and docs/alerts.yaml under the working directory. */
writeFileSync(join(process.cwd(), 'docs', 'metrics.md'), metricsPage());
writeFileSync(join(process.cwd(), 'docs', 'alerts.yaml'), alertRules());
