const { globalSetup: _, ...shared } = require('./jest.config.js');

/**
 * The slow tier: deployed bytes against programs that others wrote. Apart from `npm test`, because its first run builds a
 * Kubernetes control plane.
 * @type {import('jest').Config}
 */
module.exports = {
  ...shared,
  globalSetup: '<rootDir>/__tests__/e2e/support/setup.ts',
  testMatch: ['**/*.e2e.ts'],
  // system.e2e.ts mostly waits, and takes as long as all the others, each of which has a control plane of its own.
  maxWorkers: 2,
  testTimeout: 300_000,
};
