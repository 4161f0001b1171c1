import { INSTANCE_TYPES } from '../../../src/config/instance-types';
import { resolveConfig } from '../../../src/config/resolve';
import { reachOf, VCPU_QUOTAS } from '../../../src/operate/doctor/vcpus';

const [onDemand, spot, graphics, graphicsSpot] = VCPU_QUOTAS.map(({ code }) => code);

function reach(config: unknown, code: string | undefined) {
  const quota = VCPU_QUOTAS.find((each) => each.code === code);
  if (quota === undefined) throw new Error(`no quota ${code}`);
  return reachOf(resolveConfig(config, 'test'), quota);
}

/** Server and one base worker of 2 vCPUs each, a pool of at most 9 of the same, 10 nodes in all. */
it.each<[string, unknown, string | undefined, { least: number; most: number }]>([
  ['server, base and pool', {}, onDemand, { least: 4, most: 22 }],
  ['nothing is bought as spot', {}, spot, { least: 0, most: 0 }],
  [
    'a pool that may buy either counts for both',
    { pools: { burst: { market: 'spot-then-on-demand' } } },
    spot,
    { least: 0, most: 18 },
  ],
  [
    'a minimum is needed where there is one market',
    { pools: { burst: { market: 'spot', min: 2 } } },
    spot,
    { least: 4, most: 18 },
  ],
  ['maxNodes ends it', { limits: { maxNodes: 3 }, pools: { burst: { max: 9 } } }, onDemand, { least: 4, most: 8 }],
  [
    'limits.cores ends it, without the server',
    { limits: { maxNodes: 10, cores: 8 } },
    onDemand,
    { least: 4, most: 10 },
  ],
  [
    'the largest type of a pool counts',
    { pools: { burst: { instanceTypes: ['t3.medium', 'm5.xlarge'] } } },
    onDemand,
    { least: 4, most: 40 },
  ],
  [
    'of several pools the largest comes first',
    { limits: { maxNodes: 4 }, pools: { burst: { max: 3 }, large: { instanceTypes: ['m5.4xlarge'], max: 1 } } },
    onDemand,
    { least: 4, most: 24 },
  ],
  [
    'GPUs have a quota of their own',
    { pools: { gpu: { instanceTypes: ['g4dn.xlarge'], max: 2 } } },
    graphics,
    { least: 0, most: 8 },
  ],
  [
    'and do not count as standard',
    { pools: { burst: { max: 0 }, gpu: { instanceTypes: ['g4dn.xlarge'] } } },
    onDemand,
    { least: 4, most: 4 },
  ],
  [
    'as spot too',
    { pools: { gpu: { instanceTypes: ['g5.xlarge'], max: 1, market: 'spot' } } },
    graphicsSpot,
    { least: 0, most: 4 },
  ],
])('%s', (_, config, code, expected) => {
  expect(reach(config, code)).toEqual(expected);
});

it('every type that a configuration may name counts against one quota of each market', () => {
  for (const type of INSTANCE_TYPES.keys()) {
    const markets = VCPU_QUOTAS.filter(({ letters }) => letters.includes(type[0] ?? '')).map(({ market }) => market);
    expect({ type, markets }).toEqual({ type, markets: ['on-demand', 'spot'] });
  }
});
