import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncApiYaml } from './asyncapi.yaml';

/** Writes docs/asyncapi.yaml under the working directory, or the file that is named. */
writeFileSync(process.argv[2] ?? join(process.cwd(), 'docs', 'asyncapi.yaml'), asyncApiYaml());
