import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rulesPage } from './rules.page';

/** Writes docs/rules.md under the working directory. */
writeFileSync(join(process.cwd(), 'docs', 'rules.md'), rulesPage());
