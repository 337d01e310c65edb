import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rulesPage } from './rules.page';

it('docs/rules.md is what the code says now', () => {
  const page = readFileSync(join(__dirname, '../../../../docs/rules.md'), 'utf8');
  expect(page === rulesPage() ? 'current' : 'stale: run npm run build && npm run docs:rules').toBe('current');
});
