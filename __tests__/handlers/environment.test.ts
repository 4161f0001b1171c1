import { gzipSync } from 'node:zlib';
import { readEnvironment } from '../../handlers/environment';

const pack = (value: unknown) => gzipSync(JSON.stringify(value)).toString('base64');
const config = {
  cluster: 'dev',
  region: 'us-east-1',
  dualStack: true,
  metrics: false,
  zones: [],
  pools: [],
  policy: {},
  limits: { maxNodes: 10 },
};
const resources = {
  table: 't',
  historyTable: 'h',
  subnets: {},
  launchTemplates: {},
  prometheusUrl: 'http://p',
  kubernetesUrl: 'https://k',
  parameters: { controllerToken: 'a', ca: 'b' },
};
const good = { AUTOSCALER_CONFIG: pack(config), AUTOSCALER_RESOURCES: JSON.stringify(resources) };

describe('readEnvironment', () => {
  it('unpacks config and resources', () => {
    expect(readEnvironment(good)).toEqual({ config, resources });
  });

  it.each([
    ['no config', { AUTOSCALER_CONFIG: '' }, /AUTOSCALER_CONFIG is not set/],
    [
      'a config cut off',
      { AUTOSCALER_CONFIG: good.AUTOSCALER_CONFIG.slice(0, 40) },
      /AUTOSCALER_CONFIG does not hold gzip/,
    ],
    ['a config in plain text', { AUTOSCALER_CONFIG: '{}' }, /AUTOSCALER_CONFIG does not hold gzip/],
    ['a config that is no object', { AUTOSCALER_CONFIG: pack(7) }, /not of an object/],
    [
      'a config with fields missing',
      { AUTOSCALER_CONFIG: pack({ cluster: 'x' }) },
      /lacks region, dualStack, metrics, zones/,
    ],
    [
      'resources of a stack before the history had a table of its own',
      { AUTOSCALER_RESOURCES: JSON.stringify({ ...resources, historyTable: undefined }) },
      /AUTOSCALER_RESOURCES lacks historyTable/,
    ],
    ['no resources', { AUTOSCALER_RESOURCES: undefined }, /AUTOSCALER_RESOURCES is not set/],
    ['resources out of shape', { AUTOSCALER_RESOURCES: 'x' }, /AUTOSCALER_RESOURCES does not hold JSON/],
  ])('names the variable and the fix for %s', (_, change, message) => {
    expect(() => readEnvironment({ ...good, ...change })).toThrow(message);
    expect(() => readEnvironment({ ...good, ...change })).toThrow(/npm run deploy/);
  });
});
