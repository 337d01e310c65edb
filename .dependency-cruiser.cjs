// The dependency law: dependencies point one way, apps -> processing, relay -> domain, flows -> nothing. Only the edges
// see the contracts; persistence and messaging implement ports and know no rules. `npm run test:law` checks the code
// against it, and a planted violation against every rule (test/law/law.mjs).

/** Tests, and what only tests load, may reach further. */
const TEST_FILES = ['\\.(spec|fixture|contract)\\.(ts|cjs)$', '^libs/testing/', '^libs/[^/]+/testing/'];

/** What others may import of a library: its barrel, and that of its contract suites, where it has some. */
const BARREL = ['^libs/[^/]+/src/index\\.ts$', '^libs/[^/]+/testing/src/index\\.ts$'];

/** One library may import these others, and no more. */
function mayOnlyUse(library, allowed, why) {
  const others = [library, ...allowed].join('|');
  return {
    name: `${library}-uses-only-its-own`,
    comment: `libs/${library} imports ${allowed.join(', ') || 'no other library'}: ${why}`,
    severity: 'error',
    from: { path: `^libs/${library}/`, pathNot: TEST_FILES },
    to: { path: '^(libs|apps)/', pathNot: `^libs/(${others})/` },
  };
}

module.exports = {
  forbidden: [
    mayOnlyUse('domain', [], 'decisions are pure'),
    mayOnlyUse('flows', [], 'evaluating a flow is pure'),
    mayOnlyUse('contracts', [], 'the wire is not the model, nor the model the wire'),
    mayOnlyUse('settings', [], 'it only parses the environment'),
    mayOnlyUse(
      'observability',
      ['settings', 'contracts', 'intake', 'processing', 'relay', 'domain'],
      'it wraps the ports of processing and relay, and its labels are the words of the contract',
    ),
    mayOnlyUse('stack', [], 'it runs servers and knows nothing of the product'),
    mayOnlyUse('processing', ['domain', 'flows'], 'what it needs beyond them are its own ports'),
    mayOnlyUse('relay', ['domain', 'flows'], 'what it needs beyond them are its own ports'),
    mayOnlyUse(
      'intake',
      ['contracts', 'processing', 'domain'],
      'it turns the wire into what processing takes',
    ),
    mayOnlyUse(
      'dead-letters',
      ['intake', 'contracts', 'processing'],
      'what operators do about dead letters; where they are and what is known of them are its ports',
    ),
    mayOnlyUse(
      'persistence',
      ['processing', 'relay', 'dead-letters', 'domain', 'flows'],
      'it implements their ports',
    ),
    mayOnlyUse(
      'workforce',
      ['contracts', 'intake', 'messaging', 'processing'],
      'it publishes what people say of the workforce, and waits until it is in force',
    ),
    mayOnlyUse(
      'operations',
      [
        'contracts',
        'dead-letters',
        'domain',
        'intake',
        'messaging',
        'persistence',
        'processing',
        'workforce',
      ],
      'it joins broker and database for what operators do, for whichever process does it',
    ),
    mayOnlyUse('messaging', ['processing', 'relay', 'domain'], 'it implements their ports'),
    {
      name: 'pure-means-no-input-or-output',
      comment:
        'domain, flows, processing and dead-letters compute: no framework, no driver, no file, no socket',
      severity: 'error',
      from: { path: '^libs/(domain|flows|processing|dead-letters)/', pathNot: TEST_FILES },
      to: {
        path: '^(fs|net|http|https|http2|tls|dgram|dns|child_process|worker_threads|cluster|timers)(/|$)|node_modules/(@nestjs|typeorm|@nestjs/typeorm|pg|kafkajs|rxjs|pino|nestjs-pino)/',
      },
    },
    {
      name: 'one-home-for-kafka',
      comment: 'kafkajs is behind libs/messaging; the CLI, operations and the stack are tools beside it',
      severity: 'error',
      from: { path: '^libs/(?!messaging/|workforce/|operations/|stack/|testing/)', pathNot: TEST_FILES },
      to: { path: 'node_modules/kafkajs' },
    },
    {
      name: 'one-home-for-the-database',
      comment:
        'typeorm and pg are behind libs/persistence; operations hand a connection on, the stack only asks whether the server answers',
      severity: 'error',
      from: { path: '^libs/(?!persistence/|operations/|stack/|testing/)', pathNot: TEST_FILES },
      to: { path: 'node_modules/(typeorm|pg)/' },
    },
    {
      name: 'kafkas-lower-layer-in-one-folder',
      comment:
        "kafkajs's internals are used by the fenced log writer alone, whose contract test notices when they change",
      severity: 'error',
      from: {
        path: '^(libs|apps)/',
        pathNot: [...TEST_FILES, '^libs/messaging/src/fenced-log/'],
      },
      to: { path: 'node_modules/kafkajs/src/' },
    },
    {
      name: 'only-the-barrel',
      comment: 'a library is imported as #libs/<name>, never a file of it',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/(?!$1/)', pathNot: BARREL },
    },
    {
      name: 'only-the-barrel-from-outside',
      comment: 'apps, scenarios and benches see a library as others do',
      severity: 'error',
      from: { path: '^(apps|test|bench)/' },
      to: { path: '^libs/', pathNot: BARREL },
    },
    {
      name: 'libs-know-no-app',
      comment: 'an app is the end of the line',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-know-no-other-app',
      comment: 'what two apps share is a library',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/(?!$1/)' },
    },
    {
      name: 'production-knows-no-tests',
      comment: 'builders, fixtures and specs are not shipped',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: TEST_FILES },
      to: { path: ['^(test|bench)/', ...TEST_FILES] },
    },
    {
      name: 'production-needs-no-dev-dependency',
      comment: 'the production image has none',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: TEST_FILES },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circles',
      comment: 'files that import each other cannot be read or tested one by one',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'everything-resolves',
      comment: 'an import that leads nowhere would also escape the other rules',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.cache|\\.data)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      // "types" makes #libs/* lead to the sources, as package.json's "imports" says, and not to dist.
      conditionNames: ['types', 'require', 'node', 'default', 'import'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.d.ts', '.js', '.cjs', '.mjs', '.json'],
    },
  },
};
