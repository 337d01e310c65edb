// `npm start`, also in a fresh clone: checks Node, installs, builds, then runs the CLI's `start` in this process.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build, checkNode, installPackages, root } from './prepare.mjs';

// So that `start` can tell whether npm was killed meanwhile.
process.env.CT_STARTED_BY = String(process.ppid);
const log = (line) => process.stdout.write(`${line}\n`);
checkNode();
installPackages(log);
build(log);
process.argv.splice(2, 0, 'start');
createRequire(import.meta.url)(join(root, 'dist', 'apps', 'cli', 'src', 'main.js'));
