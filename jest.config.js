/**
 * Tests are transpiled, not type-checked, by swc: `npm run lint` checks the types of tests and sources at once.
 * @type {import('jest').Config}
 */
module.exports = {
  testEnvironment: '<rootDir>/__tests__/support/environment.cjs',
  roots: ['<rootDir>/__tests__'],
  testSequencer: '<rootDir>/__tests__/support/longest-first.cjs',
  globalSetup: '<rootDir>/__tests__/support/surroundings.cjs',
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$|/(?:cel-js|chokidar|readdirp|github-slugger)/.+\\.js$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: { target: 'es2022', parser: { syntax: 'typescript' }, keepClassNames: true },
        module: { type: 'commonjs' },
      },
    ],
  },
  // These speak ES modules only.
  transformIgnorePatterns: ['/node_modules/(?!@marcbachmann/cel-js/|chokidar/|readdirp/|github-slugger/)'],
  // More than two cores: a third of the time a test waits for what it has started.
  maxWorkers: 3,
  // Far more than any needs on a machine that has nothing else to do.
  testTimeout: 120_000,
  reporters: ['default', '<rootDir>/scripts/jest-reporter.cjs'],
};
