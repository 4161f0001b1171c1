import { defineConfig } from './src/config/define';

/**
 * The one file to edit. What is not named here has its default; docs/configuration.md lists every field with unit,
 * default and meaning. `npm run synth` checks it.
 */
export default defineConfig({
  region: 'us-east-1',
  zones: ['us-east-1a', 'us-east-1b'],
  schedule: { every: '2m' },
  // Base, joining and autoscaled workers together; the server is not counted.
  limits: { maxNodes: 10 },
  server: { instanceType: 't3.medium' },
  // Workers that are always there and never removed.
  baseWorkers: { count: 1, instanceType: 't3.medium' },
  // Workers that come and go.
  pools: {
    burst: { instanceTypes: ['t3.medium', 't3a.medium'], market: 'on-demand', min: 0, max: 9 },
  },
  policy: {
    // Percent, the mean of the workers.
    cpu: { up: 70, down: 30 },
  },
});
