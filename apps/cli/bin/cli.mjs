// `npm run cli -- <command>`: installs and builds when that is due, then runs the built CLI in this process.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build, checkNode, installPackages, root } from './prepare.mjs';

const log = (line) => process.stderr.write(`${line}\n`);
checkNode();
installPackages(log);
build(log);
createRequire(import.meta.url)(join(root, 'dist', 'apps', 'cli', 'src', 'main.js'));
