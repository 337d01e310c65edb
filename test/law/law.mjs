// Checks the code against the dependency law (.dependency-cruiser.cjs), and the law against planted violations: each
// rule must bite on a file that breaks it, in a copy of the code, and on nothing that was planted to be innocent.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const law = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs'));

/** Per rule: files that break it, and what is in them. The first is the one that must be named. */
const PLANTED = {
  'domain-uses-only-its-own': { 'libs/domain/src/planted-1.ts': "export * from '#libs/processing';" },
  'flows-uses-only-its-own': { 'libs/flows/src/planted.ts': "export type { Task } from '#libs/domain';" },
  'contracts-uses-only-its-own': {
    'libs/contracts/src/planted.ts': "import { type Task } from '#libs/domain';\nexport type T = Task;",
  },
  'settings-uses-only-its-own': { 'libs/settings/src/planted.ts': "export * from '#libs/domain';" },
  'observability-uses-only-its-own': {
    'libs/observability/src/planted.ts': "export * from '#libs/messaging';",
  },
  'stack-uses-only-its-own': { 'libs/stack/src/planted.ts': "export * from '#libs/settings';" },
  'processing-uses-only-its-own': {
    'libs/processing/src/planted-1.ts':
      "import { type Settings } from '#libs/settings';\nexport type S = Settings;",
  },
  'relay-uses-only-its-own': { 'libs/relay/src/planted.ts': "export * from '#libs/persistence';" },
  'intake-uses-only-its-own': { 'libs/intake/src/planted.ts': "export * from '#libs/messaging';" },
  'dead-letters-uses-only-its-own': {
    'libs/dead-letters/src/planted.ts': "export * from '#libs/persistence';",
  },
  'persistence-uses-only-its-own': { 'libs/persistence/src/planted.ts': "export * from '#libs/contracts';" },
  'workforce-uses-only-its-own': { 'libs/workforce/src/planted.ts': "export * from '#libs/persistence';" },
  'operations-uses-only-its-own': { 'libs/operations/src/planted.ts': "export * from '#libs/settings';" },
  'messaging-uses-only-its-own': { 'libs/messaging/src/planted-1.ts': "export * from '#libs/persistence';" },
  'pure-means-no-input-or-output': {
    'libs/domain/src/planted-2.ts': "import { readFileSync } from 'node:fs';\nexport const r = readFileSync;",
  },
  'one-home-for-kafka': {
    'libs/processing/src/planted-2.ts': "import { type Kafka } from 'kafkajs';\nexport type K = Kafka;",
  },
  'one-home-for-the-database': { 'libs/relay/src/planted-2.ts': "export { DataSource } from 'typeorm';" },
  'kafkas-lower-layer-in-one-folder': {
    'libs/messaging/src/planted-2.ts': "import Broker = require('kafkajs/src/broker');\nexport { Broker };",
  },
  'only-the-barrel': { 'libs/processing/src/planted-3.ts': "export * from '../../domain/src/task';" },
  'only-the-barrel-from-outside': {
    'apps/worker/src/planted-1.ts': "export * from '../../../libs/domain/src/task';",
  },
  'libs-know-no-app': { 'libs/testing/src/planted.ts': "export * from '../../../apps/worker/src/tokens';" },
  'apps-know-no-other-app': { 'apps/cli/src/planted.ts': "export * from '../../worker/src/tokens';" },
  'production-knows-no-tests': { 'apps/worker/src/planted-2.ts': "export * from '#libs/testing';" },
  'production-needs-no-dev-dependency': { 'libs/messaging/src/planted-3.ts': "export * from 'cloudevents';" },
  'no-circles': {
    'libs/domain/src/planted-3.ts': "import { b } from './planted-4';\nexport const a = () => b;",
    'libs/domain/src/planted-4.ts': "import { a } from './planted-3';\nexport const b = () => a;",
  },
  'everything-resolves': { 'libs/domain/src/planted-5.ts': "export * from './not-there';" },
};

/** Planted too, and allowed: a law that forbids everything would pass the test above. */
const INNOCENT = {
  'libs/processing/src/innocent.ts': "export * from '#libs/domain';",
  'libs/messaging/src/innocent.ts': "export { Kafka } from 'kafkajs';",
  'libs/domain/src/innocent.spec.ts': "export * from '#libs/testing';",
  'apps/worker/src/innocent.ts': "export * from '#libs/persistence';",
};

/** Cruises a tree. @returns its violations as {rule, from, to} */
async function violationsIn(folder) {
  process.chdir(folder);
  // The copy's node_modules is a link: its packages must look as if they were in the copy.
  const options = {
    ...law.options,
    baseDir: folder,
    preserveSymlinks: true,
    ruleSet: { forbidden: law.forbidden },
    validate: true,
  };
  const { output } = await cruise(['libs', 'apps', 'test'], options, undefined, {
    tsConfig: extractTSConfig(join(folder, 'tsconfig.json')),
  });
  return output.summary.violations.map((violation) => ({
    rule: violation.rule.name,
    from: violation.from,
    to: violation.to,
  }));
}

/** A copy of the code with everything planted. */
function plant() {
  const folder = mkdtempSync(join(tmpdir(), 'conversation-tasks-law-'));
  for (const part of ['libs', 'apps', 'test', 'package.json', 'tsconfig.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [file, content] of Object.values({ ...PLANTED, innocent: INNOCENT }).flatMap(Object.entries)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${content}\n`);
  }
  return folder;
}

const problems = [];
for (const { rule, from, to } of await violationsIn(root)) problems.push(`${rule}: ${from} -> ${to}`);

const copy = plant();
try {
  const found = await violationsIn(copy);
  for (const { name } of law.forbidden) {
    const file = PLANTED[name] && Object.keys(PLANTED[name])[0];
    if (!file) problems.push(`no violation of ${name} is planted`);
    else if (!found.some(({ rule, from }) => rule === name && from === file))
      problems.push(`${name} does not bite on ${file}`);
  }
  for (const { rule, from } of found)
    if (from in INNOCENT) problems.push(`${rule} bites on ${from}, which is allowed`);
} finally {
  process.chdir(root);
  rmSync(copy, { recursive: true, force: true });
}

for (const problem of problems) console.error(problem);
console.log(`${law.forbidden.length} rules, each with a planted violation: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
