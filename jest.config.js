// Unit tests live beside the code (*.spec.ts); everything that needs Kafka or PostgreSQL is *.int.spec.ts,
// and whole scenarios over a running worker are test/**/*.e2e.spec.ts. One project each, so that a person can
// run the fast ones alone: npx jest --selectProjects unit
const base = {
  testEnvironment: 'node',
  moduleNameMapper: { '^#libs/(.*)$': '<rootDir>/libs/$1/src' },
  transform: { '^.+\\.(t|j)s$': ['@swc/jest'] },
  // ESM-only packages that jest must compile itself.
  transformIgnorePatterns: ['/node_modules/(?!(@marcbachmann/cel-js|jose)/)'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.cache/', '<rootDir>/.data/'],
};
const stack = {
  globalSetup: '<rootDir>/test/stack/global-setup.js',
  globalTeardown: '<rootDir>/test/stack/global-teardown.js',
};
module.exports = {
  // Of a test or hook that sets none: databases are made in hooks, while others of the two cores' users restart theirs.
  testTimeout: 60_000,
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/{libs,apps}/**/*.spec.ts'],
      testPathIgnorePatterns: ['\\.int\\.spec\\.ts$'],
    },
    { ...base, ...stack, displayName: 'integration', testMatch: ['<rootDir>/{libs,apps}/**/*.int.spec.ts'] },
    { ...base, ...stack, displayName: 'e2e', testMatch: ['<rootDir>/test/**/*.e2e.spec.ts'] },
  ],
};
