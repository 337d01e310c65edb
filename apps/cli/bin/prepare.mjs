// What has to be true before anything of this project can run: a Node that is new enough, the packages, the build.
// Plain JavaScript without dependencies: it runs in a fresh clone.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** Says one line on standard error and ends the process. */
export function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}

/** Ends the process when Node is older than package.json's engines say. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`Node ${process.versions.node} is too old - install Node 20.19 or newer (https://nodejs.org)`);
}

/** Runs npm with its output on standard error, so that a command's own output stays clean. Ends the process when it fails. */
function npm(args, remedy) {
  const byNpm = process.env.npm_execpath?.endsWith('.js');
  const [command, first] = byNpm ? [process.execPath, [process.env.npm_execpath]] : ['npm', []];
  const result = spawnSync(command, [...first, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.signal) process.kill(process.pid, result.signal);
  if (result.status !== 0) fail(`npm ${args.join(' ')} failed - ${remedy}`);
}

/** Installs the packages when they are missing or older than the lock. */
export function installPackages(log) {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  log('installing packages (the first time 3-4 minutes)');
  // Not npm ci: it refuses a lock in which a registry lacks optional packages for other platforms.
  npm(
    ['install', '--no-audit', '--no-fund', '--loglevel=error'],
    'see its messages above; often the network',
  );
  // npm leaves the file as it is when nothing had to change.
  utimesSync(installed, new Date(), new Date());
}

/** Every file below a folder, sorted, as paths from the root. */
function filesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(path) : [path];
    })
    .sort();
}

/** Tells one state of the sources from another. */
function sourcesHash() {
  const hash = createHash('sha256');
  const files = [
    ...filesBelow('apps'),
    ...filesBelow('libs'),
    'nest-cli.json',
    '.swcrc',
    'tsconfig.json',
    'tsconfig.build.json',
    'package.json',
  ];
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

const stamp = join(root, 'dist', '.sources');

/** Notes that dist/ is built from the sources as they are. */
export function noteBuild(hash = sourcesHash()) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}

/** Builds dist/ when the sources are not those of the last build. */
export function build(log) {
  const hash = sourcesHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  log('building');
  npm(['run', '--silent', 'build'], 'see the compiler above');
  noteBuild(hash);
}
