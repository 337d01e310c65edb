import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiYaml } from './yaml';

/** Writes docs/openapi.yaml under the working directory, or the file that is named. */
writeFileSync(process.argv[2] ?? join(process.cwd(), 'docs', 'openapi.yaml'), openApiYaml());
