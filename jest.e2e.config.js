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
  // They mostly wait, each for a control plane of its own.
  maxWorkers: 3,
  testTimeout: 300_000,
};
